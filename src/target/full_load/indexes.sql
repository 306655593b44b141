-- The table's indexes, the primary key's first. For each: its name; what drops it; what creates it; what
-- makes it a constraint's index, if it belongs to one; why a first full load must retain it, else ''; whether
-- it is unique or an exclusion constraint's. An index can be dropped if nothing else depends on it and its
-- definition holds all that the catalogue knows of it, so that it can be created again as it was. CREATE
-- INDEX and then ADD CONSTRAINT ... USING INDEX, because only the former can run on several connections at
-- once; an exclusion constraint can't be added that way.
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
       END,
       CASE WHEN dependents.names IS NOT NULL THEN dependents.names || ' depends on it'
            WHEN NOT i.indisvalid THEN 'it is not valid'
            WHEN i.indisclustered THEN 'the table is clustered by it'
            WHEN i.indisreplident THEN 'it is the replica identity'
            WHEN c.reltablespace <> 0 THEN 'it has a tablespace of its own'
            WHEN k.oid IS NOT NULL AND c.reloptions IS NOT NULL THEN 'its constraint has storage parameters'
            WHEN obj_description(c.oid, 'pg_class') IS NOT NULL OR obj_description(k.oid, 'pg_constraint') IS NOT NULL
              THEN 'it has a comment'
            WHEN EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = c.oid AND s.attstattarget >= 0)
              THEN 'it has a statistics target'
            ELSE '' END,
       i.indisunique OR i.indisexclusion
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
CROSS JOIN LATERAL (
    SELECT string_agg(pg_describe_object(d.classid, d.objid, d.objsubid), ', ' ORDER BY d.classid, d.objid) AS names
    FROM pg_depend d
    WHERE d.deptype <> 'i'  -- internal parts are dropped and created with it
      AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
           OR d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid)
) dependents
WHERE i.indrelid = $1::regclass
ORDER BY k.contype NULLS LAST, i.indexrelid
