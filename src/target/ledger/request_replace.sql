-- An operator who asks for the opposite has decided anew: the newest request counts.
UPDATE {requests} SET answered_at = clock_timestamp(), answer = 'replaced by a later request: ' || $1::text
WHERE object_key = $2 AND answered_at IS NULL AND verb <> $1::text
RETURNING request_id
