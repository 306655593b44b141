-- The end of every statement that records deliveries: it writes their ledger rows and messages and moves the
-- counters on. It reads the queries `files` (deliveries.sql) and `effects` (delivery_id, created, amended,
-- removed, max_event_id, and what the two given expressions need).
--
-- The counters are only moved from where this loader left them, and while no other one has taken the target.
-- Otherwise `moved` has no row, the division by zero fails the statement, and so do all that are queued after it
-- in a pipeline.
-- Positions in the outbox come from the counter row too: without gaps, in the order of the deliveries.
--
-- $1: the event_id before the first row; $2: the first delivery_id; $3: the host; $4: the version; $5: the
-- messages' subject; $6: this loader's epoch.
told AS (
    SELECT files.*, coalesce(created, 0) AS created, coalesce(amended, 0) AS amended, coalesce(removed, 0) AS removed,
           max_event_id, count(max_event_id) OVER (ORDER BY delivery_id) AS message,
           CASE WHEN max_event_id IS NOT NULL THEN {payload} END AS payload,
           {apply_seconds} AS apply_seconds
    FROM files LEFT JOIN effects USING (delivery_id)
), moved AS (
    UPDATE {state}
    SET last_event_id = $1::bigint + counted.changes,
        last_delivery_id = $2::bigint - 1 + counted.files,
        last_outbox_position = last_outbox_position + counted.messages
    FROM (SELECT sum(changes)::bigint AS changes, count(*) AS files, count(payload) AS messages FROM told) AS counted
    WHERE last_event_id = $1::bigint AND last_delivery_id = $2::bigint - 1 AND writer_epoch = $6::bigint
    RETURNING last_outbox_position - counted.messages AS position
), messages AS (
    INSERT INTO {outbox} (position, delivery_id, subject, payload)
    SELECT position + message, delivery_id, $5::text, payload FROM told, moved WHERE payload IS NOT NULL
), deliveries AS (
    INSERT INTO {ledger} (delivery_id, object_key, generation, turn, etag, sha256, size, last_modified, entity, kind,
                          name_time, rows_read, created, amended, removed, rejected, max_event_id, status, reason, started_at,
                          finished_at, fetch_seconds, decompress_seconds, parse_seconds, apply_seconds, host, version)
    SELECT delivery_id, object_key, generation, turn, etag, sha256, size, last_modified, entity, kind,
           name_time, rows_read, created, amended, removed, rejected, max_event_id, status, reason, started_at,
           clock_timestamp(), fetch_seconds, decompress_seconds, parse_seconds, apply_seconds, $3::text, $4::text
    FROM told, moved
)
SELECT 1 / (SELECT count(*) FROM moved), created, amended, removed, max_event_id, (SELECT position FROM moved) + message, payload
FROM told ORDER BY delivery_id
