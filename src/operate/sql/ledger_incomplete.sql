-- The $2 oldest files that quarantined.sql counts, whose conditions these are.
SELECT l.entity, l.object_key, coalesce(l.reason, ''), l.delivery_id, l.rejected
FROM {ledger} l
WHERE (l.status = 'quarantined' OR l.rejected > 0)
  AND NOT EXISTS (SELECT FROM {ledger} n WHERE n.object_key = l.object_key AND (n.generation, n.turn) > (l.generation, l.turn))
  AND l.generation >= (SELECT coalesce(max(g.generation), 1) FROM {ledger} g WHERE g.entity = l.entity AND g.kind = 'full_load')
  AND (l.entity LIKE '%/' OR to_regclass(format('%I.%I', $1::text, l.entity)) IS NOT NULL)
ORDER BY l.delivery_id LIMIT $2::bigint
