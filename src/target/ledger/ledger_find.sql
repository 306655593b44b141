-- The newest row of each object key $1 as a file of entity $2: where the prefix had another table before, its files load
-- from the start. A row that was skipped or quarantined has no bytes that were loaded:
-- then those of the newest loaded row of the key count.
SELECT DISTINCT ON (l.object_key) l.object_key, l.delivery_id, coalesce(l.noted_etag, l.etag), l.generation, l.turn,
       l.status = 'loaded',
       CASE WHEN l.status = 'loaded' THEN l.sha256 ELSE coalesce(before.sha256, '') END,
       (extract(epoch FROM coalesce(l.noted_modified, l.last_modified)) * 1000000)::bigint,
       l.status = 'loaded' OR before.sha256 IS NOT NULL, l.rejected
FROM {ledger} l
LEFT JOIN LATERAL (SELECT b.sha256 FROM {ledger} b
                   WHERE l.status <> 'loaded' AND b.object_key = l.object_key AND b.entity = l.entity AND b.status = 'loaded'
                   ORDER BY b.generation DESC, b.turn DESC LIMIT 1) before ON true
WHERE l.object_key = ANY ($1::text[]) AND l.entity = $2
ORDER BY l.object_key, l.generation DESC, l.turn DESC
