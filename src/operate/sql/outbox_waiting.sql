SELECT count(*), (extract(epoch FROM min(d.finished_at)) * 1000000)::bigint
FROM {outbox} o
LEFT JOIN {ledger} d USING (delivery_id)
WHERE o.published_at IS NULL
