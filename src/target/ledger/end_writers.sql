-- Terminates the sessions that still write for a loader that has lost the lock: their transactions hold
-- loader_state or loader_full_loads of schema $1. Those of this role only, which no other program should have.
SELECT pg_terminate_backend(l.pid)
FROM pg_locks l
JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'relation' AND l.granted AND l.mode IN ('RowShareLock', 'RowExclusiveLock')
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation IN (to_regclass(format('%I.loader_state', $1::text)), to_regclass(format('%I.loader_full_loads', $1::text)))
  AND a.pid <> pg_backend_pid() AND a.usename = current_user
