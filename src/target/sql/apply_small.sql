-- A small delivery in one statement, and so in one transaction of its own: the changes as in apply.sql, from arrays instead
-- of a temporary table, and the ledger row, the message and the counters as in record.sql. Many are sent one behind the
-- other without waiting. Each demands that its predecessor is in: when the counters are not where the predecessor leaves
-- them, the division by zero fails this statement too, and all that are queued behind it.
-- $1: the event_id before the file's first row; $2: the delivery_id; $3: the entity; $4: changes in the file; $5 … $7: the
-- message's beginning, host and subject (NULL: no message); $8 … $22: the ledger's; then row numbers, operations, columns.
WITH incoming AS (
    SELECT * FROM unnest({arrays}) AS x ({row}, {op}, {columns})
), last AS MATERIALIZED (
    SELECT DISTINCT ON ({key}) * FROM incoming ORDER BY {key}, {row} DESC
), gone AS (
    DELETE FROM {table} AS t USING last
    WHERE last.{op} = 'D' AND {same_key}
    RETURNING $1::bigint + last.{row} AS event_id, jsonb_build_object({key_json}) AS key
), removals AS (
    INSERT INTO {removals} (event_id, entity, key, delivery_id)
    SELECT event_id, $3::text, key, $2::bigint FROM gone
), upserted AS (
    INSERT INTO {table} AS t ({columns}, event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {columns}, $1::bigint + {row}, $2::bigint FROM last WHERE {op} <> 'D'
    ON CONFLICT ({key}) DO UPDATE
    SET {assignments}
    WHERE {differs}
    RETURNING t.event_id, {is_new} AS is_new
), counted AS (
    SELECT (SELECT count(*) FROM upserted WHERE is_new) AS created,
           (SELECT count(*) FROM upserted WHERE NOT is_new) AS amended,
           (SELECT count(*) FROM gone) AS removed,
           (SELECT max(event_id) FROM (SELECT event_id FROM upserted UNION ALL SELECT event_id FROM gone) AS effects) AS max_event_id
), told AS (
    SELECT *, CASE WHEN max_event_id IS NOT NULL THEN
        $5::text || '{"AMEND": ' || amended || ', "CREATE": ' || created || ', "REMOVE": ' || removed || '}}, "max_event_id": ' || max_event_id || '}'
    END AS payload
    FROM counted
), moved AS (
    UPDATE {state}
    SET last_event_id = $1::bigint + $4::bigint,
        last_delivery_id = $2::bigint,
        last_outbox_position = last_outbox_position + CASE WHEN told.payload IS NULL THEN 0 ELSE 1 END
    FROM told
    WHERE last_event_id = $1::bigint AND last_delivery_id = $2::bigint - 1
    RETURNING last_outbox_position, told.*
), message AS (
    INSERT INTO {outbox} (position, delivery_id, subject, payload)
    SELECT last_outbox_position, $2::bigint, $7::text, payload FROM moved WHERE payload IS NOT NULL
), delivery AS (
    INSERT INTO {ledger} (delivery_id, object_key, generation, etag, sha256, size, last_modified, entity, kind,
                          name_time, rows_read, created, amended, removed, max_event_id, status, reason, started_at,
                          finished_at, fetch_seconds, decompress_seconds, parse_seconds, apply_seconds, host, version)
    SELECT $2::bigint, $8::text, $9::integer, $10::text, $11::text, $12::bigint, $13::timestamptz, $3::text, $14::text,
           $15::timestamptz, $21::bigint, created, amended, removed, max_event_id, 'loaded', $22::text,
           $16::timestamptz, clock_timestamp(), $17::float8, $18::float8, $19::float8,
           extract(epoch FROM clock_timestamp() - statement_timestamp())::float8, $6::text, $20::text
    FROM moved
)
SELECT 1 / (SELECT count(*) FROM moved), (SELECT created FROM moved), (SELECT amended FROM moved),
       (SELECT removed FROM moved), (SELECT max_event_id FROM moved), (SELECT last_outbox_position FROM moved),
       (SELECT payload FROM moved)
