-- Rows of deliveries that never came into the ledger.
DELETE FROM {table} WHERE event_id > $1::bigint
