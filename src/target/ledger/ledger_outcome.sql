-- The outcome of a delivery, looked up by the object that it read: for a COMMIT whose reply was lost.
SELECT delivery_id, rows_read, created, amended, removed, max_event_id, rejected
FROM {ledger}
WHERE object_key = $1 AND entity = $5 AND generation = $2 AND etag = $3 AND turn = $4
