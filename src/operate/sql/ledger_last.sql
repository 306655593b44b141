-- The $1 newest deliveries, of the entity $2 unless it is NULL.
SELECT delivery_id, entity, object_key, kind, status, rows_read, created, amended, removed, rejected, size,
       (extract(epoch FROM finished_at) * 1000000)::bigint,
       (extract(epoch FROM finished_at - started_at))::float8,
       (extract(epoch FROM finished_at - last_modified))::float8,
       fetch_seconds, decompress_seconds, parse_seconds, apply_seconds
FROM {ledger}
WHERE $2::text IS NULL OR entity = $2::text
ORDER BY delivery_id DESC
LIMIT $1::bigint
