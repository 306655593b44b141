-- Are there rows of deliveries that are in the ledger?
SELECT EXISTS (SELECT FROM {table} WHERE event_id <= $1::bigint)
