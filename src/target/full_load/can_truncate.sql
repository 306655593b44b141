-- No row is of a delivery that is in the ledger, and no foreign key forbids emptying the table at once.
SELECT NOT EXISTS (SELECT FROM {table} WHERE event_id <= $1::bigint)
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = $2::regclass AND conrelid <> confrelid)
