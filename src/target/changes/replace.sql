-- The same as apply.sql, for rows that can't be updated in place: each row that changes is deleted, and inserted as
-- it becomes. In whatever order unique values move between rows, each is released before it is reused: both INSERTs
-- count `gone`, which makes PostgreSQL finish it first, and a row that its own transaction has deleted is no
-- conflict. Columns that the file doesn't carry keep their values.
--
-- $1: the event_id before the file's first row; $2: the delivery_id; $3: the entity's name.
WITH last AS {last}
, present AS MATERIALIZED (
    SELECT {table_key} FROM {table} AS t JOIN last ON {same_key}
), gone AS (
    DELETE FROM {table} AS t USING last
    WHERE {same_key} AND (last.{op} IN ('D', 'M') OR {differs_from_last})
    RETURNING {table_kept_columns}{table_key}, last.{row} AS "Loader: number", last.{op} IN ('D', 'M') AS "Loader: removal"
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT $1::bigint + "Loader: number", $3::text, jsonb_build_object({key_json}), $2::bigint FROM gone WHERE "Loader: removal"
), amended AS (
    INSERT INTO {table} ({columns}, {kept_columns}event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {new_columns}, {gone_kept_columns}$1::bigint + last.{row}, $2::bigint
    FROM last JOIN gone ON gone."Loader: number" = last.{row}
    WHERE NOT gone."Loader: removal" AND (SELECT count(*) FROM gone) > 0
    RETURNING event_id
), created AS (
    INSERT INTO {table} ({columns}, event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {new_columns}, $1::bigint + last.{row}, $2::bigint
    FROM last LEFT JOIN present ON {same_present_key}
    WHERE last.{op} NOT IN ('D', 'M') AND present.{first_key} IS NULL
      AND (SELECT count(*) FROM gone) >= 0
    RETURNING event_id
)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM amended), count(*) FILTER (WHERE "Loader: removal"),
       greatest(max($1::bigint + "Loader: number"), (SELECT max(event_id) FROM created))
FROM gone
