-- Identifies this session, even behind a pooler, which reports different numbers to clients.
SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()
