-- What is recorded of the files of entity $1: they are loaded from the start. What was removed, and messages, stay.
WITH rejects AS (
    DELETE FROM {rejects} r USING {deliveries} d WHERE d.delivery_id = r.delivery_id AND d.entity = $1 RETURNING 1
), files AS (
    DELETE FROM {deliveries} WHERE entity = $1 RETURNING object_key, status
), columns AS (
    DELETE FROM {added_columns} WHERE entity = $1
), holds AS (
    DELETE FROM {holds} WHERE entity = $1
)
SELECT (SELECT count(DISTINCT object_key) FROM files WHERE status <> 'recreated'), (SELECT count(*) FROM rejects)
