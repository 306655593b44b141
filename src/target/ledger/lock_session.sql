-- Names this session, also behind a pooler, which gives clients numbers of its own.
SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()
