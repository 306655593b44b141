-- Which backend keeps others from reading the table $1, in the columns of lock_wait.sql. Only ACCESS EXCLUSIVE
-- does, also while it is waited for, because later requests queue behind it. pg_blocking_pids() can't be asked,
-- because this session has stopped waiting. A prepared transaction has no backend.
SELECT l.relation::regclass::text,
       coalesce(l.pid::text, 'none: a prepared transaction'),
       coalesce(b.usename::text, '?'),
       coalesce(b.application_name, ''),
       coalesce(b.state, '?'),
       coalesce(to_char(b.xact_start, 'YYYY-MM-DD HH24:MI:SS'), '?')
FROM pg_locks l
LEFT JOIN pg_stat_activity b ON b.pid = l.pid
WHERE l.locktype = 'relation' AND l.relation = $1::regclass AND l.mode = 'AccessExclusiveLock'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.pid IS DISTINCT FROM pg_backend_pid()
ORDER BY l.granted DESC, b.xact_start LIMIT 1
