-- The table's indexes that a first full load may put aside and build again as they were: nothing else depends on them,
-- and what the catalogue says of them is all in their definition.
SELECT i.indexrelid::regclass::text,
       coalesce(quote_ident(k.conname), ''),
       coalesce(pg_get_constraintdef(k.oid), ''),
       pg_get_indexdef(i.indexrelid)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = $1::regclass
  AND i.indisvalid AND NOT i.indisclustered AND NOT i.indisreplident
  AND c.reltablespace = 0
  AND (k.oid IS NULL OR c.reloptions IS NULL)
  AND obj_description(c.oid, 'pg_class') IS NULL
  AND (k.oid IS NULL OR obj_description(k.oid, 'pg_constraint') IS NULL)
  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = i.indexrelid AND f.contype = 'f')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE (d.refobjid = c.oid OR d.refobjid = k.oid)
                    AND NOT (d.classid = 'pg_class'::regclass AND d.objid = c.oid)
                    AND NOT (d.classid = 'pg_constraint'::regclass AND d.objid = k.oid))
ORDER BY k.contype NULLS LAST, i.indexrelid
