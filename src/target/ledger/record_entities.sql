-- What transaction file $1 brought to each table.
INSERT INTO {entities} (delivery_id, entity, name_time, rows_read, created, amended, removed)
SELECT $1::bigint, entity, $2::timestamptz, rows_read, created, amended, removed
FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS t (entity, rows_read, created, amended, removed)
