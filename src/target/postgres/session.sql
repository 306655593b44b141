-- Runs once on each new connection: what the loader relies on, whatever the role's or database's defaults
-- are. Encoders and statements assume UTC and ISO dates.
SELECT set_config('TimeZone', 'UTC', false),
       set_config('DateStyle', 'ISO, YMD', false),
       set_config('IntervalStyle', 'postgres', false),
       set_config('bytea_output', 'hex', false),
       -- Notices aren't read (connection.cpp), so the server need not send them.
       set_config('client_min_messages', 'error', false),
       -- A transaction waits for the bucket between two batches, as long as that takes.
       set_config('idle_in_transaction_session_timeout', '0', false),
       -- Changes come sorted by key and go through the key's index. The planner's hash and merge joins read
       -- the whole table and touch it in random order. Statements that do compare whole tables switch them on
       -- for themselves.
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false),
       -- The prepared statement for small deliveries is only used for few rows, so one generic plan fits all
       -- executions.
       set_config('plan_cache_mode', 'force_generic_plan', false),
       -- The backend of a loader that was killed notices it within a second, even in the middle of a
       -- statement, and frees the lock. PostgreSQL 13 lacks the setting, hence the lookup.
       (SELECT set_config(name, '1s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'),
       -- A loader whose host vanished must not hold the lock for hours: the server checks the connection too.
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '60000', false),
       -- Small deliveries come as arrays whose NULL elements are NULLs, not texts.
       set_config('array_nulls', 'on', false),
       current_schema(), current_setting('server_version_num'), pg_is_in_recovery()
