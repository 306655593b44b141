-- One writer for each target schema. A session lock on the session that applies: if the session ends, its
-- transaction and the lock are gone together.
SELECT pg_try_advisory_lock(hashtext('paper-engine-orders'), (SELECT oid::integer FROM pg_namespace WHERE nspname = $1))
