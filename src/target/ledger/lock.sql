-- One writer for each target schema: held by the very session that applies, so who loses it loses its transaction.
SELECT pg_try_advisory_lock(hashtext('paper-engine-orders'), (SELECT oid::integer FROM pg_namespace WHERE nspname = $1))
