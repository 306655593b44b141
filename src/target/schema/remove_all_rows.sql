-- Records that every row of a table is removed, before the table is dropped. $1: the entity. Numbered in the order of the key, as
-- in delete_missing.sql.
WITH place AS (
    SELECT last_event_id AS event_base, last_delivery_id + 1 AS delivery_id FROM {state}
), numbered AS (
    SELECT row_number() OVER (ORDER BY {key}) AS number, jsonb_build_object({key_json}) AS "Loader: key" FROM {table} AS t
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT event_base + number, $1::text, "Loader: key", delivery_id FROM numbered, place
)
SELECT count(*), (SELECT event_base FROM place) + max(number) FROM numbered
