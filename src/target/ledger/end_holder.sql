-- Terminates the sessions of the loader that holds the lock of schema $1, if the holder is still session $2
-- that began at $3: process ids are reused, so another session may have that id by now. Also those that hold
-- the heartbeat's lock for it: the heartbeat and the connections of a parallel load.
SELECT pg_terminate_backend(l.pid)
FROM pg_stat_activity a
JOIN pg_locks l ON l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.pid = a.pid
         AND l.classid = (hashtext('paper-engine-orders')::bigint & 4294967295)::oid
         AND l.objid = (SELECT oid FROM pg_namespace WHERE nspname = $1)
       OR l.classid = (hashtext('paper-engine-orders heartbeat')::bigint & 4294967295)::oid AND l.objid = a.pid::oid)
WHERE a.pid = $2::integer AND a.backend_start = $3::timestamptz
