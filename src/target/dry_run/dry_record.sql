INSERT INTO pg_temp.predicted_deliveries (delivery_id, object_key, generation, etag, entity, kind, name_time, rows_read, created,
                                          amended, removed, max_event_id, turn, sha256, size, last_modified, status)
VALUES ($1::bigint, $2::text, $3::integer, $4::text, $5::text, $6::text, $7::timestamptz, $8::bigint, $9::bigint,
        $10::bigint, $11::bigint, $12::bigint, $13::integer, $14::text, $15::bigint, $16::timestamptz, $17::text)
