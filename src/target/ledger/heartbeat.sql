-- The heartbeat itself: others see its time in pg_stat_activity. Does session $2 still hold the lock of
-- schema $1?
SELECT EXISTS (SELECT FROM pg_locks
               WHERE locktype = 'advisory' AND granted AND pid = $2::integer
                 AND classid = (hashtext('paper-engine-orders')::bigint & 4294967295)::oid
                 AND objid = (SELECT oid FROM pg_namespace WHERE nspname = $1))
