-- Small deliveries of one entity in one statement, and so in one transaction: the changes as in apply.sql, from arrays instead
-- of a temporary table, and the ledger rows, the messages and the counters as in record.sql. No two of the deliveries hold
-- the same key, so each has its own counts whatever their order. Many statements are sent one behind the other without
-- waiting. Each demands that its predecessor is in: when the counters are not where the predecessor leaves them, the
-- division by zero fails this statement too, and all that are queued behind it.
-- $1: the event_id before the first row; $2: the first delivery_id; $3: the entity; $4: the host; $5: the version; $6: the
-- messages' subject; $7: their beginning (NULL: no messages); $8 … $22: arrays with an element for each delivery; then arrays
-- with an element for each row: its event_id, operation, delivery_id and columns.
WITH files AS (
    SELECT $2::bigint - 1 + place AS delivery_id, f.*
    FROM unnest($8::bigint[], $9::text[], $10::integer[], $11::text[], $12::text[], $13::bigint[], $14::timestamptz[],
                $15::text[], $16::timestamptz[], $17::timestamptz[], $18::float8[], $19::float8[], $20::float8[],
                $21::bigint[], $22::text[]) WITH ORDINALITY
        AS f (changes, object_key, generation, etag, sha256, size, last_modified, kind, name_time, started_at,
              fetch_seconds, decompress_seconds, parse_seconds, rows_read, reason, place)
), incoming AS (
    SELECT * FROM unnest({arrays}) AS x ({row}, {op}, {delivery}, {columns})
), last AS MATERIALIZED (
    SELECT DISTINCT ON ({key}, {delivery}) * FROM incoming ORDER BY {key}, {delivery}, {row} DESC
), gone AS (
    DELETE FROM {table} AS t USING last
    WHERE last.{op} = 'D' AND {same_key}
    RETURNING last.{row} AS event_id, jsonb_build_object({key_json}) AS key, last.{delivery} AS delivery_id
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT event_id, $3::text, key, delivery_id FROM gone
), upserted AS (
    INSERT INTO {table} AS t ({columns}, event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {columns}, {row}, {delivery} FROM last WHERE {op} <> 'D'
    ON CONFLICT ({key}) DO UPDATE
    SET {assignments}
    WHERE {differs}
    RETURNING t.event_id, t.delivery_id, {is_new} AS is_new
), effects AS (
    SELECT delivery_id, count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS amended,
           count(*) FILTER (WHERE is_new IS NULL) AS removed, max(event_id) AS max_event_id
    FROM (SELECT event_id, delivery_id, is_new FROM upserted
          UNION ALL
          SELECT event_id, delivery_id, NULL FROM gone) AS each
    GROUP BY delivery_id
), told AS (
    SELECT files.*, coalesce(created, 0) AS created, coalesce(amended, 0) AS amended, coalesce(removed, 0) AS removed,
           max_event_id, count(max_event_id) OVER (ORDER BY delivery_id) AS message,
           CASE WHEN max_event_id IS NOT NULL THEN
               $7::text || '{"AMEND": ' || amended || ', "CREATE": ' || created || ', "REMOVE": ' || removed
                        || '}}, "max_event_id": ' || max_event_id || '}'
           END AS payload
    FROM files LEFT JOIN effects USING (delivery_id)
), moved AS (
    UPDATE {state}
    SET last_event_id = $1::bigint + counted.changes,
        last_delivery_id = $2::bigint - 1 + counted.files,
        last_outbox_position = last_outbox_position + counted.messages
    FROM (SELECT sum(changes)::bigint AS changes, count(*) AS files, count(payload) AS messages FROM told) AS counted
    WHERE last_event_id = $1::bigint AND last_delivery_id = $2::bigint - 1
    RETURNING last_outbox_position - counted.messages AS position, counted.files
), messages AS (
    INSERT INTO {outbox} (position, delivery_id, subject, payload)
    SELECT position + message, delivery_id, $6::text, payload FROM told, moved WHERE payload IS NOT NULL
), deliveries AS (
    INSERT INTO {ledger} (delivery_id, object_key, generation, etag, sha256, size, last_modified, entity, kind,
                          name_time, rows_read, created, amended, removed, max_event_id, status, reason, started_at,
                          finished_at, fetch_seconds, decompress_seconds, parse_seconds, apply_seconds, host, version)
    SELECT delivery_id, object_key, generation, etag, sha256, size, last_modified, $3::text, kind,
           name_time, rows_read, created, amended, removed, max_event_id, 'loaded', reason, started_at,
           clock_timestamp(), fetch_seconds, decompress_seconds, parse_seconds,
           extract(epoch FROM clock_timestamp() - statement_timestamp())::float8 / files, $4::text, $5::text
    FROM told, moved
)
SELECT 1 / (SELECT count(*) FROM moved), created, amended, removed, max_event_id, (SELECT position FROM moved) + message, payload
FROM told ORDER BY delivery_id
