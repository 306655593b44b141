-- Applies the incoming rows by the last one for each key, and counts what truly changed in the table. The survivors
-- are sorted by key, so that index and table are touched in order.
-- $1: the event_id before the file's first row; $2: the delivery_id; $3: the entity's name.
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON ({key}) * FROM {incoming} ORDER BY {key}, {row} DESC
), gone AS (
    DELETE FROM {table} AS t USING last
    WHERE last.{op} IN ('D', 'M') AND {same_key}
    RETURNING $1::bigint + last.{row} AS event_id, jsonb_build_object({key_json}) AS key
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT event_id, $3::text, key, $2::bigint FROM gone
), upserted AS (
    INSERT INTO {table} AS t ({columns}, event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {columns}, $1::bigint + {row}, $2::bigint FROM last WHERE {op} NOT IN ('D', 'M')
    ON CONFLICT ({key}) DO UPDATE
    SET {assignments}
    WHERE {differs}
    RETURNING t.event_id, {is_new} AS is_new
)
SELECT (SELECT count(*) FROM upserted WHERE is_new),
       (SELECT count(*) FROM upserted WHERE NOT is_new),
       (SELECT count(*) FROM gone),
       (SELECT max(event_id) FROM (SELECT event_id FROM upserted UNION ALL SELECT event_id FROM gone) AS effects)
