-- Of table $1: whether it is empty; what of it is not predicted; of each unique index except the primary key's, its
-- expressions with names, and the condition that they are equal in rows t and s; whether it has an exclusion constraint; whether it is temporary.
SELECT NOT EXISTS (SELECT FROM {base}),
       concat_ws(' and ',
                 CASE WHEN EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND $1::regclass IN (conrelid, confrelid))
                      THEN 'foreign keys' END,
                 CASE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal) THEN 'triggers' END),
       to_json(ARRAY(SELECT json_build_array(
                                string_agg(format('%s AS "loader value %s"', pg_get_indexdef(i.indexrelid, k::integer, true), k), ', '),
                                string_agg(format('t."loader value %s" OPERATOR(%s.%s) s."loader value %s"',
                                                  k, o.oprnamespace::regnamespace, o.oprname, k), ' AND '))
             FROM pg_index i
             CROSS JOIN generate_series(1, i.indnkeyatts) AS k
             JOIN pg_opclass c ON c.oid = i.indclass[k - 1]
             JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
                            AND m.amopstrategy = 3
             JOIN pg_operator o ON o.oid = m.amopopr
             WHERE i.indrelid = $1::regclass AND i.indisunique AND NOT i.indisprimary
             GROUP BY i.indexrelid)),
       EXISTS (SELECT FROM pg_index WHERE indrelid = $1::regclass AND indisexclusion),
       (SELECT relnamespace = pg_my_temp_schema() FROM pg_class WHERE oid = $1::regclass)
