-- The delivery's ledger row and its message, and the counters moved on: all in the delivery's transaction. No row
-- comes back when the counters are not where this loader left them: somebody else has written here.
WITH moved AS (
    UPDATE {state}
    SET last_event_id = $1::bigint + $2::bigint,
        last_delivery_id = $3::bigint,
        last_outbox_position = last_outbox_position + CASE WHEN $4::text IS NULL THEN 0 ELSE 1 END
    WHERE last_event_id = $1::bigint AND last_delivery_id = $3::bigint - 1
    RETURNING last_outbox_position
), message AS (
    INSERT INTO {outbox} (position, delivery_id, subject, payload)
    SELECT last_outbox_position, $3::bigint, $5::text, $4::text FROM moved WHERE $4::text IS NOT NULL
), delivery AS (
    INSERT INTO {ledger} (delivery_id, object_key, generation, etag, sha256, size, last_modified, entity, kind,
                          name_time, rows_read, created, amended, removed, max_event_id, status, turn, reason, rejected, started_at,
                          finished_at, fetch_seconds, decompress_seconds, parse_seconds, apply_seconds, host, version)
    SELECT $3::bigint, $6::text, $7::integer, $8::text, $9::text, $10::bigint, $11::timestamptz, $12::text, $13::text,
           $14::timestamptz, $26::bigint, $15::bigint, $16::bigint, $17::bigint, $18::bigint, 'loaded',
           $27::integer, $28::text, $29::bigint,
           $19::timestamptz, clock_timestamp(), $20::float8, $21::float8, $22::float8, $23::float8, $24::text, $25::text
    FROM moved
)
SELECT last_outbox_position FROM moved
