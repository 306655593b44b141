-- Rows of deliveries that were never recorded: recording them would have moved the counter past their
-- event_ids.
DELETE FROM {table} WHERE event_id > $1::bigint
