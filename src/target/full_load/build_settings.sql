-- For building indexes, so many at the same time: memory and processes for the sorts, for this transaction only. Together
-- what one alone would get: never less than the server's own, but for the processes that help.
SELECT set_config('maintenance_work_mem',
                  greatest(pg_size_bytes(current_setting('maintenance_work_mem')), 256 * 1024 * 1024 / $1::integer)::text || 'B',
                  true),
       set_config('max_parallel_maintenance_workers',
                  greatest((greatest(current_setting('max_parallel_maintenance_workers')::integer, 2) + 1) / $1::integer - 1, 0)::text,
                  true)
