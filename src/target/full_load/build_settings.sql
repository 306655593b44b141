-- Memory and parallel workers to create an index while $1 are created at the same time, for this transaction
-- only. Together they get what one alone would get. maintenance_work_mem is never lowered, the workers may
-- be.
SELECT set_config('maintenance_work_mem',
                  greatest(pg_size_bytes(current_setting('maintenance_work_mem')), 256 * 1024 * 1024 / $1::integer)::text || 'B',
                  true),
       set_config('max_parallel_maintenance_workers',
                  greatest((greatest(current_setting('max_parallel_maintenance_workers')::integer, 2) + 1) / $1::integer - 1, 0)::text,
                  true),
       -- The rows are already in the table: waiting for a reader costs less than loading them again.
       set_config('lock_timeout', '0', true)
