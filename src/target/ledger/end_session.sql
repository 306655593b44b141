-- Terminates session $1 if it still is the one that began at $2: process ids are reused.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::integer AND backend_start = $2::timestamptz
