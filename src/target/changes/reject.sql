-- In the delivery's transaction: a delivery that is rolled back leaves no rejects, and one that is retried no
-- duplicates.
INSERT INTO {rejects} (delivery_id, line, byte_offset, column_name, value, reason, sqlstate, raw)
VALUES ($1::bigint, $2::bigint, $3::bigint, $4::text, $5::text, $6::text, $7::text, $8::bytea)
