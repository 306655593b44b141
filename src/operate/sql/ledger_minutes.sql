-- Rows, bytes, files and the maximum lag (from file written to rows committed) per minute and entity, of the deliveries
-- after $1 that ended in the last $2 seconds.
SELECT floor(extract(epoch FROM finished_at) / 60)::bigint, entity, sum(rows_read), sum(size), count(*),
       max(greatest(extract(epoch FROM finished_at - last_modified), 0))::float8
FROM {ledger}
WHERE delivery_id > $1::bigint AND finished_at > clock_timestamp() - make_interval(secs => $2::float8)
GROUP BY 1, 2
ORDER BY 1, 2
