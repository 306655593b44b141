-- For building indexes: memory and workers for the sort, for this transaction only. Never less than the server's own.
SELECT set_config('maintenance_work_mem',
                  greatest(pg_size_bytes(current_setting('maintenance_work_mem')), 256 * 1024 * 1024)::text || 'B', true),
       set_config('max_parallel_maintenance_workers',
                  greatest(current_setting('max_parallel_maintenance_workers')::integer, 2)::text, true)
