SELECT request_id, verb, object_key, reason FROM {requests} WHERE answered_at IS NULL ORDER BY request_id
