UPDATE {requests} SET answered_at = clock_timestamp(), delivery_id = $2, answer = $3 WHERE request_id = $1
