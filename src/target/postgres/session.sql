-- Runs once on each new connection, after the pinned search_path: settings that the loader relies on, whatever the role's
-- or database's defaults are. Encoders and statements assume UTC and ISO dates.
SELECT pg_is_in_recovery(),
       citus,
       set_config('TimeZone', 'UTC', false),
       set_config('DateStyle', 'ISO, YMD', false),
       set_config('IntervalStyle', 'postgres', false),
       set_config('bytea_output', 'hex', false),
       -- Notices aren't read (connection.cpp), so the server need not send them.
       set_config('client_min_messages', 'error', false),
       -- A policy that hides rows from the loader's role would turn deletes and updates into nothing, and verify
       -- would call such a table equal. PostgreSQL refuses such a statement instead (42501).
       set_config('row_security', 'off', false),
       -- A transaction waits for the bucket between two batches, as long as that takes.
       set_config('idle_in_transaction_session_timeout', '0', false),
       -- While another session locks a table, its delivery is rolled back and the other tables are loaded.
       set_config('lock_timeout', '5s', false),
       -- Changes come sorted by key and go through the key's index. The planner's hash and merge joins read
       -- the whole table and touch it in random order. Statements that do compare whole tables switch them on
       -- for themselves.
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false),
       -- The prepared statement for small deliveries is only used for few rows, so one generic plan fits all
       -- executions. Citus has to know the parameters' values to plan it.
       set_config('plan_cache_mode', CASE WHEN citus THEN 'force_custom_plan' ELSE 'force_generic_plan' END, false),
       -- Settings that not every version has. The backend of a loader that was killed notices it within a second,
       -- even in the middle of a statement, and frees the lock (14). A service polls, and is idle meanwhile (14); a
       -- load lasts as long as it takes (17).
       (SELECT count(set_config(name, value, false))
        FROM pg_settings
        JOIN (VALUES ('client_connection_check_interval', '1s'), ('idle_session_timeout', '0'), ('transaction_timeout', '0'))
             AS wanted (name, value) USING (name)),
       -- A loader whose host vanished must not hold the lock for hours: the server checks the connection too.
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '60000', false),
       -- Small deliveries come as arrays whose NULL elements are NULLs, not texts.
       set_config('array_nulls', 'on', false)
FROM (SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')) AS installed (citus)
