-- The table's indexes that a first full load may put aside and build again as they were: nothing else depends on them,
-- and what the catalogue says of them is all in their definition. For each: its name, what drops it, what creates it,
-- and what makes the constraint of it, if it is one's. An exclusion constraint is made with its index.
SELECT format('%I.%I', n.nspname, c.relname),
       CASE WHEN k.oid IS NULL THEN format('DROP INDEX %I.%I', n.nspname, c.relname)
            ELSE format('ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, t.relname, k.conname) END,
       CASE WHEN k.oid IS NULL OR i.indisunique AND a.amname = 'btree' THEN pg_get_indexdef(c.oid) ELSE '' END,
       CASE WHEN k.oid IS NULL THEN ''
            ELSE format('ALTER TABLE %I.%I ADD CONSTRAINT %I ', n.nspname, t.relname, k.conname)
                 || CASE WHEN i.indisunique AND a.amname = 'btree'
                         THEN CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END
                              || format(' USING INDEX %I', c.relname)
                              || CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END
                              || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END
                         ELSE pg_get_constraintdef(k.oid) END
       END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = $1::regclass
  AND i.indisvalid AND NOT i.indisclustered AND NOT i.indisreplident
  AND c.reltablespace = 0
  AND (k.oid IS NULL OR c.reloptions IS NULL)
  AND obj_description(c.oid, 'pg_class') IS NULL
  AND (k.oid IS NULL OR obj_description(k.oid, 'pg_constraint') IS NULL)
  AND NOT EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = c.oid AND s.attstattarget >= 0)
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = i.indexrelid AND f.contype = 'f')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE (d.refobjid = c.oid OR d.refobjid = k.oid)
                    AND NOT (d.classid = 'pg_class'::regclass AND d.objid = c.oid)
                    AND NOT (d.classid = 'pg_constraint'::regclass AND d.objid = k.oid))
ORDER BY k.contype NULLS LAST, i.indexrelid
