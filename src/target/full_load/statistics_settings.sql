-- For the first statistics of a table, for this transaction only. Never larger than the server's own setting.
SELECT set_config('default_statistics_target', least(current_setting('default_statistics_target')::integer, 25)::text, true)
