-- The $1 newest deliveries, or with an entity in $2 its own.
SELECT delivery_id, entity, object_key, kind, status, rows_read, created, amended, removed, rejected, size,
       (extract(epoch FROM finished_at) * 1000000)::bigint,
       (extract(epoch FROM finished_at - started_at))::float8,
       (extract(epoch FROM finished_at - last_modified))::float8,
       fetch_seconds, decompress_seconds, parse_seconds, apply_seconds
FROM {ledger}
WHERE $2::text IS NULL OR entity = $2::text
ORDER BY delivery_id DESC
LIMIT $1::bigint
