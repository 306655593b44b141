-- Predicts what goes because a reload's files don't hold it. $1: the event_id before the first removal.
WITH from_table AS MATERIALIZED (
    SELECT {key} FROM {table} AS t
    WHERE NOT EXISTS (SELECT FROM pg_temp.reload_keys AS kept WHERE {same_key_kept})
      AND NOT EXISTS (SELECT FROM {overlay} AS o WHERE {same_key_o})
      AND NOT EXISTS (SELECT FROM {removed} AS r WHERE {same_key_r})
), gone AS (
    DELETE FROM {overlay} AS t
    WHERE NOT EXISTS (SELECT FROM pg_temp.reload_keys AS kept WHERE {same_key_kept})
    RETURNING {key}
), removals AS (
    INSERT INTO {removed} ({key}) SELECT {key} FROM from_table UNION SELECT {key} FROM gone ON CONFLICT DO NOTHING
), counted AS (
    SELECT (SELECT count(*) FROM from_table) + (SELECT count(*) FROM gone) AS removed
)
SELECT removed, CASE WHEN removed > 0 THEN $1::bigint + removed END FROM counted
