-- Every table that has the loader's columns, with what the loader must know of each column: one row per
-- column, in order. A table in the target schema hides a temporary one, which a dry run creates for a table
-- that doesn't exist yet. Partitions are loaded through their parent.
WITH candidates AS (
    SELECT DISTINCT ON (c.relname) c.oid, c.relname, c.relkind, n.nspname
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname = $1 OR n.oid = pg_my_temp_schema())
      AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition
      AND c.relname <> 'loader_removals'  -- the loader's own; it carries both columns too
      AND 2 = (SELECT count(*) FROM pg_attribute l
               WHERE l.attrelid = c.oid AND NOT l.attisdropped AND l.attname IN ('event_id', 'delivery_id')
                 AND l.atttypid = 'bigint'::regtype)
    ORDER BY c.relname, n.nspname = $1 DESC
)
SELECT t.relname,
       t.nspname,
       t.relkind,
       a.attname,
       format_type(a.atttypid, a.atttypmod),
       -- The values' type, of a domain its base type; with its schema unless it is PostgreSQL's own or an
       -- enum.
       (SELECT CASE WHEN v.typtype = 'e' OR v.typnamespace = 'pg_catalog'::regnamespace THEN v.typname::text
                    ELSE v.typnamespace::regnamespace || '.' || v.typname END
        FROM pg_type v WHERE v.oid = CASE WHEN y.typtype = 'd' THEN b.oid ELSE y.oid END),
       CASE WHEN y.typtype = 'd' THEN b.typcategory ELSE y.typcategory END,
       a.attnotnull OR y.typnotnull,
       coalesce(array_position(k.conkey, a.attnum), 0),
       -- Does "=" call two values equal only if the same bytes are stored? Not for numeric (1.0 and 1.00), float (0
       -- and -0), interval, jsonb, citext, bpchar, arrays and nondeterministic collations.
       (y.typtype = 'e' OR b.typtype = 'e'
        OR coalesce(b.typnamespace, y.typnamespace) = 'pg_catalog'::regnamespace
           AND coalesce(b.typname, y.typname) IN ('bool', 'int2', 'int4', 'int8', 'oid', 'date', 'time', 'timestamp', 'timestamptz',
                                                  'uuid', 'bytea', 'text', 'varchar', 'char', 'name'))
           AND z.deterministic,
       -- May indexes be dropped and created again? Creating one needs a right on the schema too.
       pg_has_role(c.relowner, 'usage') AND has_schema_privilege(c.relnamespace, 'CREATE'),
       -- Without a modifier, explicitly: plain "character" would mean one character, and cut longer values.
       format_type(CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE a.atttypid END, -1),
       y.typcategory = 'A' OR b.typcategory = 'A',
       CASE WHEN y.typtype = 'd' THEN b.typtype ELSE y.typtype END,
       CASE WHEN y.typtype = 'd' THEN format_type(y.typbasetype, y.typtypmod) END,
       -- Table::independent_rows: no trigger or rule, no foreign key, and nothing but the primary key keeps
       -- rows apart, in the partitions neither.
       NOT EXISTS (SELECT FROM (SELECT t.oid UNION SELECT relid FROM pg_partition_tree(t.oid)) AS p (oid)
                   WHERE EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = p.oid AND NOT g.tgisinternal)
                      OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = p.oid)
                      OR EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND p.oid IN (f.conrelid, f.confrelid))
                      OR EXISTS (SELECT FROM pg_index u
                                 WHERE u.indrelid = p.oid AND (u.indisunique OR u.indisexclusion) AND NOT u.indisprimary)),
       z.deterministic,
       -- The operator of the primary key's index: "=", with its schema unless that is PostgreSQL's own.
       (SELECT CASE WHEN o.oprnamespace = 'pg_catalog'::regnamespace THEN o.oprname::text
                    ELSE format('OPERATOR(%s.%s)', o.oprnamespace::regnamespace, o.oprname) END
        FROM pg_index i
        JOIN pg_opclass s ON s.oid = i.indclass[array_position(k.conkey, a.attnum) - 1]
        JOIN pg_amop m ON m.amopfamily = s.opcfamily AND m.amoplefttype = s.opcintype AND m.amoprighttype = s.opcintype
                       AND m.amopstrategy = 3
        JOIN pg_operator o ON o.oid = m.amopopr
        WHERE i.indexrelid = k.conindid),
       a.attidentity = 'a',
       -- Table::other_unique, Table::deletes_act.
       EXISTS (SELECT FROM pg_index u WHERE u.indrelid = t.oid AND (u.indisunique OR u.indisexclusion) AND NOT u.indisprimary),
       EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = t.oid AND f.confdeltype <> 'a'),
       coalesce(obj_description(t.oid, 'pg_class'), ''),
       coalesce(col_description(t.oid, a.attnum), ''),
       -- Table::temporal_key.
       EXISTS (SELECT FROM pg_constraint p WHERE p.conrelid = t.oid AND p.contype = 'p' AND p.conexclop IS NOT NULL),
       -- Table::columnar.
       EXISTS (SELECT FROM pg_class s JOIN pg_am m ON m.oid = s.relam
               WHERE m.amname = 'columnar' AND (s.oid = t.oid OR s.oid IN (SELECT relid FROM pg_partition_tree(t.oid))))
FROM candidates t
JOIN pg_class c ON c.oid = t.oid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_type b ON b.oid = y.typbasetype AND y.typtype = 'd'
-- A key WITHOUT OVERLAPS (18) has operators of its own, and is none by which changes find their row.
LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p' AND k.conexclop IS NULL
CROSS JOIN LATERAL (SELECT coalesce((SELECT collisdeterministic FROM pg_collation WHERE oid = a.attcollation), true)) AS z (deterministic)
ORDER BY t.relname, a.attnum
