-- Removes rows that are in none of a reload's files. They have no row number, so they are numbered in key order, which
-- makes event_ids reproducible. $1: the event_id before the first removal; $2: the delivery_id; $3: the entity's name.
--
-- The keys of rows to delete are read first: Citus can't delete by an anti-join with a temporary table, and joins only
-- subqueries of them.
WITH missing AS MATERIALIZED (
    SELECT {table_key} FROM {table} AS t LEFT JOIN (SELECT * FROM pg_temp.reload_keys) AS kept ON {same_key} WHERE kept.{first_key} IS NULL
), gone AS (
    DELETE FROM {table} AS t USING missing WHERE {missing_key}
    RETURNING {table_key}
), numbered AS (
    SELECT $1::bigint + row_number() OVER (ORDER BY {key}) AS "Loader: number", jsonb_build_object({key_json}) AS "Loader: key" FROM gone
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT "Loader: number", $3::text, "Loader: key", $2::bigint FROM numbered
)
SELECT count(*), max("Loader: number") FROM numbered
