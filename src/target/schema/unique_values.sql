-- Of each unique index of table $1 except the primary key's, and of each exclusion constraint's: its name, its
-- expressions with names, and the condition that two rows t and s, read with these, can't both be in the table.
-- A constraint with operators of its own is an exclusion constraint, or a unique one WITHOUT OVERLAPS (18). In a unique
-- index with NULLS NOT DISTINCT (15) two NULLs are equal; older catalogues don't have that column.
-- "Loader: value 0" is the index's predicate: rows beside it aren't in the index.
SELECT i.indexrelid::regclass::text,
       string_agg(format('%s AS "Loader: value %s"', pg_get_indexdef(i.indexrelid, k::integer, true), k), ', ' ORDER BY k)
           || format(', (%s) IS TRUE AS "Loader: value 0"', coalesce(pg_get_expr(i.indpred, i.indrelid), 'true')),
       string_agg(format(CASE WHEN to_jsonb(i) ->> 'indnullsnotdistinct' = 'true'
                              THEN '(t."Loader: value %1$s" OPERATOR(%2$s.%3$s) s."Loader: value %1$s"'
                                   ' OR t."Loader: value %1$s" IS NULL AND s."Loader: value %1$s" IS NULL)'
                              ELSE 't."Loader: value %1$s" OPERATOR(%2$s.%3$s) s."Loader: value %1$s"' END,
                         k, o.oprnamespace::regnamespace, o.oprname),
                  ' AND ' ORDER BY k)
           || ' AND t."Loader: value 0" AND s."Loader: value 0"'
FROM pg_index i
CROSS JOIN generate_series(1, i.indnkeyatts) AS k
LEFT JOIN pg_constraint x ON x.conindid = i.indexrelid AND x.conexclop IS NOT NULL
JOIN pg_opclass c ON c.oid = i.indclass[k - 1]
-- A B-tree's strategy 3 is equality.
LEFT JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
                    AND m.amopstrategy = 3 AND x.oid IS NULL
JOIN pg_operator o ON o.oid = coalesce(x.conexclop[k], m.amopopr)
WHERE i.indrelid = $1::regclass AND NOT i.indisprimary AND (i.indisunique OR i.indisexclusion)
GROUP BY i.indexrelid, i.indrelid, i.indpred
ORDER BY i.indexrelid
