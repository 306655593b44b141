-- Whether the whole table may be truncated: no row belongs to a recorded delivery, and no foreign key refers
-- to it. TRUNCATE is faster than DELETE and leaves no dead rows.
SELECT NOT EXISTS (SELECT FROM {table} WHERE event_id <= $1::bigint)
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = $2::regclass AND conrelid <> confrelid)
