-- Whether the whole table may be truncated: no row belongs to a recorded delivery, and no foreign key refers
-- to it. TRUNCATE is faster than DELETE and leaves no dead rows.
SELECT (SELECT true FROM {table} WHERE event_id <= $1::bigint LIMIT 1) IS NULL
   AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid = $2::regclass AND conrelid <> confrelid)
