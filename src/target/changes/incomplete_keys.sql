-- Up to $1 staging rows whose key complete_keys.sql could not complete, and whether that is for several rows of the
-- table with this source key.
SELECT {row}, EXISTS (SELECT FROM pg_temp.keys_found AS k WHERE {same_found})
FROM {staging} AS s WHERE {partial} ORDER BY {row} LIMIT $1::bigint
