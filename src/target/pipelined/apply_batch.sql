-- Small deliveries of one entity in one statement, and so in one transaction: the changes as in apply.sql,
-- from arrays instead of a staging table, and their record (record_deliveries.sql). No two of the deliveries
-- contain the same key, so each has its own counts whatever their order. Statements are sent one after the other
-- without waiting; each asserts that its predecessor was committed, and fails otherwise. It also fails where a row must
-- replace another one of its source key (refused_rows.sql).
--
-- $26: the entity; $27: the message without its counts (NULL: no messages); then arrays with one element per
-- row: event_id, operation, delivery_id and the columns.
WITH files AS (
    {files}
), incoming AS (
    SELECT * FROM unnest({arrays}) AS x ({row}, {op}, {delivery}, {columns})
), last AS MATERIALIZED (
    SELECT DISTINCT ON ({key}, {delivery}) * FROM incoming ORDER BY {key}, {delivery}, {row} DESC
){present}{others}, gone AS (
    DELETE FROM {table} AS t USING last
    WHERE last.{op} = 'D' AND {same_key}
    RETURNING last.{row}, last.{delivery}, {table_key}
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT {row}, $26::text, jsonb_build_object({key_json}), {delivery} FROM gone
), upserted AS (
    INSERT INTO {table} AS t ({columns}, event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {columns}, {row}, {delivery} FROM last WHERE {op} <> 'D'
    ON CONFLICT ({key}) DO UPDATE
    SET {assignments}
    WHERE {differs}
    RETURNING t.event_id, t.delivery_id, {new_row}
), effects AS (
    SELECT delivery_id, count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS amended,
           count(*) FILTER (WHERE is_new IS NULL) AS removed, max(event_id) AS max_event_id
    FROM (SELECT event_id, delivery_id, {is_new} AS is_new FROM upserted
          UNION ALL
          SELECT {row}, {delivery}, NULL FROM gone{refuse_others}) AS each
    GROUP BY delivery_id
), {record}
