-- Runs once on each new connection: what the loader relies on, whatever the role's or database's defaults are.
SELECT set_config('TimeZone', 'UTC', false),
       set_config('DateStyle', 'ISO, YMD', false),
       set_config('IntervalStyle', 'postgres', false),
       set_config('bytea_output', 'hex', false),
       set_config('client_min_messages', 'error', false),
       set_config('idle_in_transaction_session_timeout', '0', false),
       -- Changes come sorted by key and go through the key's index. The planner's hash joins read the whole table
       -- and touch it in random order (docs/way-of-a-delivery.md).
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false),
       -- The prepared statement for small deliveries is planned once, for few rows, which is what it is used for.
       set_config('plan_cache_mode', 'force_generic_plan', false),
       -- So that the backend of a loader that was killed notices, and frees the lock, in the middle of a statement too.
       (SELECT set_config(name, '1s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'),
       -- A loader that is cut off without a word must not hold the lock for hours: the server looks after it too.
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '60000', false),
       set_config('array_nulls', 'on', false),
       current_schema(), current_setting('server_version_num'), pg_is_in_recovery()
