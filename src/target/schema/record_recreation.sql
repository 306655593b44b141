-- A delivery that is no file of the bucket: a table was recreated. $1: the migration; $2: its SHA-256; $3: its size; $4: the entity;
-- $5: rows removed; $6: the last removal's event_id, or NULL; $7: why; $8: host; $9: version; $10: the message's subject; $11: the
-- message, or NULL.
WITH moved AS (
    UPDATE {state}
    SET last_event_id = coalesce($6::bigint, last_event_id),
        last_delivery_id = last_delivery_id + 1,
        last_outbox_position = last_outbox_position + CASE WHEN $11::text IS NULL THEN 0 ELSE 1 END
    RETURNING last_delivery_id, last_outbox_position
), messages AS (
    INSERT INTO {outbox} (position, delivery_id, subject, payload)
    SELECT last_outbox_position, last_delivery_id, $10::text, $11::text FROM moved WHERE $11::text IS NOT NULL
)
INSERT INTO {deliveries} (delivery_id, object_key, generation, turn, etag, sha256, size, last_modified, entity, kind, rows_read, created,
                          amended, removed, max_event_id, status, reason, started_at, finished_at, fetch_seconds, decompress_seconds,
                          parse_seconds, apply_seconds, host, version)
SELECT last_delivery_id, $1::text, 1, 1, $2::text, $2::text, $3::bigint, now(), $4::text, 'change', 0, 0, 0, $5::bigint, $6::bigint,
       'recreated', $7::text, now(), clock_timestamp(), 0, 0, 0, 0, $8::text, $9::text
FROM moved
RETURNING delivery_id
