-- Who holds the lock of schema $1, and the time of its last heartbeat (heartbeat_begin.sql), if it sends any.
SELECT a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), 'a local socket'), a.backend_start,
       (SELECT max(b.state_change)
        FROM pg_locks h
        JOIN pg_stat_activity b USING (pid)
        WHERE h.locktype = 'advisory' AND h.granted
          AND h.database = l.database
          AND h.classid = (hashtext('paper-engine-orders heartbeat')::bigint & 4294967295)::oid
          AND h.objid = a.pid::oid)
FROM pg_locks l
JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = (hashtext('paper-engine-orders')::bigint & 4294967295)::oid
  AND l.objid = (SELECT oid FROM pg_namespace WHERE nspname = $1)
