-- Applies the last staging row for each key, and counts what has changed in the table. The rows are sorted by
-- key, so that index and table pages are touched in order. The CTEs read one snapshot, which is safe because
-- each key occurs once: no row is both deleted and written.
--
-- A row that is equal to the file's isn't updated: it is not counted, gets no new event_id, and costs no new
-- row version. An effect's event_id follows from its row's number, so event_ids are in the file's order, with
-- gaps where a row has no effect. OVERRIDING SYSTEM VALUE, because the source has already assigned the values
-- of identity columns.
--
-- $1: the event_id before the file's first row; $2: the delivery_id; $3: the entity's name.
--
-- The removed keys become JSON in the next CTE and not in RETURNING, where Citus takes immutable functions only.
--
-- to_remove is materialized so that no plan can be quadratic: where autovacuum has analyzed the table while all
-- its rows were uncommitted, the planner expects none, reads the table first and all of `last` for each row.
WITH last AS {last}
, to_remove AS MATERIALIZED (
    SELECT * FROM last WHERE {op} IN ('D', 'M')
){present}, gone AS (
    DELETE FROM {table} AS t USING to_remove AS last
    WHERE {same_key}
    RETURNING last.{row}, {table_key}
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT $1::bigint + {row}, $3::text, jsonb_build_object({key_json}), $2::bigint FROM gone
), upserted AS (
    INSERT INTO {table} AS t ({columns}, event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {columns}, $1::bigint + {row}, $2::bigint FROM last WHERE {op} NOT IN ('D', 'M')
    ON CONFLICT ({key}) DO UPDATE
    SET {assignments}
    WHERE {differs}
    RETURNING t.event_id, {new_row}
), written AS (
    SELECT count(*) FILTER (WHERE {is_new}) AS created, count(*) FILTER (WHERE NOT {is_new}) AS amended, max(event_id) AS event_id
    FROM upserted
), taken AS (
    SELECT count(*) AS removed, $1::bigint + max({row}) AS event_id FROM gone
)
SELECT created, amended, removed, greatest(written.event_id, taken.event_id) FROM written, taken
