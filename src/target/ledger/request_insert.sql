-- One open request per object: asking twice is harmless, and returns the first one.
WITH added AS (
    INSERT INTO {requests} (verb, object_key, reason, requested_by)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (object_key) WHERE answered_at IS NULL DO NOTHING
    RETURNING request_id
)
SELECT request_id, true FROM added
UNION ALL
SELECT request_id, false FROM {requests} WHERE object_key = $2 AND answered_at IS NULL AND NOT EXISTS (SELECT FROM added)
