-- Which backend keeps $1 waiting for a lock for more than two seconds.
SELECT coalesce((SELECT string_agg(DISTINCT l.relation::regclass::text, ', ')
                 FROM pg_locks l WHERE l.pid = w.pid AND NOT l.granted AND l.relation IS NOT NULL), 'a row'),
       blocking.pid::text,
       coalesce(b.usename::text, '?'),
       coalesce(b.application_name, ''),
       coalesce(b.state, '?'),
       coalesce(to_char(b.xact_start, 'YYYY-MM-DD HH24:MI:SS'), '?')
FROM pg_stat_activity w
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocking (pid)
LEFT JOIN pg_stat_activity b ON b.pid = blocking.pid
WHERE w.pid = $1::integer AND w.wait_event_type = 'Lock' AND clock_timestamp() - w.query_start > interval '2 seconds'
ORDER BY b.xact_start LIMIT 1
