-- Whether the table $2 of the schema $1 equals the temporary table of the same name: columns, constraints with the key,
-- indexes and comments.
SELECT count(*) = 2 AND count(DISTINCT concat_ws(E'\n', f.comment, f.columns, f.constraints, f.indexes)) = 1
FROM pg_class c
CROSS JOIN LATERAL (
    SELECT coalesce(obj_description(c.oid, 'pg_class'), '') AS comment,
           (SELECT string_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                                                a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attcollation::text,
                                                col_description(c.oid, a.attnum))::text, E'\n' ORDER BY a.attnum)
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
           (SELECT string_agg(pg_get_constraintdef(k.oid), E'\n' ORDER BY pg_get_constraintdef(k.oid))
            FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'n') AS constraints,
           (SELECT string_agg(definition, E'\n' ORDER BY definition)
            FROM (SELECT regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE )?INDEX .* ON .* USING ', E'\\1')
                  FROM pg_index i WHERE i.indrelid = c.oid) AS x (definition)) AS indexes
) AS f
WHERE c.relname = $2 AND c.relkind IN ('r', 'p')
  AND (c.relnamespace = pg_my_temp_schema() OR c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1))
