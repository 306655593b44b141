-- The lock's relation: a view of no table, because a table whose lock is held for months could be neither
-- vacuumed nor frozen. LOCK TABLE requires UPDATE on it, which the owner has and may grant, as for
-- loader_state.
--
-- Citus would create a view of no table on each worker, too, and lock it there: without the privileges that were
-- granted on it, and a worker that doesn't respond would keep the loader from starting. PostgreSQL ignores the setting.
SELECT set_config('citus.enable_ddl_propagation', 'off', true);
CREATE VIEW {writer} AS SELECT true AS one;
COMMENT ON VIEW {writer} IS 'Locked in EXCLUSIVE mode by the one loader that writes. Grant UPDATE on it to the roles that load.'
