-- Where the extension Citus is installed: 0 on its coordinator, another number on a worker. SET LOCAL of planner
-- settings is passed on to the workers, which plan the statements for the shards.
SELECT (SELECT groupid FROM pg_catalog.pg_dist_local_group),
       set_config('citus.propagate_set_commands', 'local', false),
       -- Of a COMMIT that a worker has still to finish Citus only warns (two_phase_commit.hpp).
       set_config('client_min_messages', 'warning', false),
       -- Connections to a worker that are kept between transactions, by default 1. Otherwise each transaction would
       -- reopen the others, one per shard and worker: 149 deliveries took 35 s instead of 25.
       set_config('citus.max_cached_conns_per_worker',
                  greatest(current_setting('citus.max_cached_conns_per_worker', true)::integer, 8)::text, false),
       -- The role may have it off. Then a crash of the coordinator would lose its half of a transaction (ledger,
       -- removals, messages) and keep the workers' rows.
       set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on' ELSE current_setting('synchronous_commit') END, false)
