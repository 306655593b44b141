-- Of the tables $2 of schema $1, those that the ledger has no file of, and that can be read now: a table that another session
-- locks would keep all others waiting.
SELECT e.entity
FROM unnest($2::text[]) AS e (entity)
CROSS JOIN LATERAL (SELECT to_regclass(format('%I.%I', $1::text, e.entity))) AS t (oid)
WHERE has_table_privilege(t.oid, 'SELECT') AND NOT row_security_active(t.oid)
  AND NOT EXISTS (SELECT FROM {deliveries} d WHERE d.entity = e.entity AND d.kind = 'full_load')
  AND NOT EXISTS (SELECT FROM {deliveries} d WHERE d.entity = e.entity AND d.kind = 'change')
  AND NOT EXISTS (SELECT FROM {entities} d WHERE d.entity = e.entity)
  AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.relation = t.oid AND l.mode = 'AccessExclusiveLock')
