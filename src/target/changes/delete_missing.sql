-- Removes rows that none of a reload's files holds. They have no row number, so they are numbered in the
-- order of the key, which makes event_ids repeatable. $1: the event_id before the first removal; $2: the
-- delivery_id; $3: the entity's name.
WITH gone AS (
    DELETE FROM {table} AS t
    WHERE NOT EXISTS (SELECT FROM pg_temp.reload_keys AS kept WHERE {same_key})
    RETURNING {key}, jsonb_build_object({key_json}) AS "Loader: key"
), numbered AS (
    SELECT $1::bigint + row_number() OVER (ORDER BY {key}) AS event_id, "Loader: key" FROM gone
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT event_id, $3::text, "Loader: key", $2::bigint FROM numbered
)
SELECT count(*), max(event_id) FROM numbered
