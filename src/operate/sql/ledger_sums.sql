-- Totals of each entity's deliveries after delivery $1.
SELECT entity, count(*), sum(rows_read), sum(created), sum(amended), sum(removed), sum(rejected),
       count(*) FILTER (WHERE status IN ('skipped', 'quarantined')), max(delivery_id)
FROM {ledger}
WHERE delivery_id > $1::bigint
GROUP BY entity
ORDER BY entity
