-- The $2 oldest files that are not completely in their table (incomplete_files.sql).
SELECT l.entity, l.object_key, coalesce(l.reason, ''), l.delivery_id, l.rejected
FROM ({incomplete}) AS l
ORDER BY l.delivery_id LIMIT $2::bigint
