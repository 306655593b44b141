-- Nobody else has written to this target since, and nobody can until this transaction ends.
SELECT FROM {state} WHERE last_event_id = $1::bigint AND last_delivery_id = $2::bigint FOR UPDATE
