-- One open request per object: asking twice is harmless, and returns no row.
INSERT INTO {requests} (verb, object_key, reason, requested_by)
VALUES ($1, $2, $3, $4)
ON CONFLICT (object_key) WHERE answered_at IS NULL DO NOTHING
RETURNING request_id
