-- Of table $1: whether it is empty; what of it is not predicted; the expressions of each unique index except
-- the primary key; whether it has an exclusion constraint; whether it is temporary.
SELECT NOT EXISTS (SELECT FROM {base}),
       concat_ws(' and ',
                 CASE WHEN EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND $1::regclass IN (conrelid, confrelid))
                      THEN 'foreign keys' END,
                 CASE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal) THEN 'triggers' END),
       to_json(ARRAY(SELECT string_agg(pg_get_indexdef(i.indexrelid, k::integer, true), ', ' ORDER BY k)
             FROM pg_index i, generate_series(1, i.indnkeyatts) AS k
             WHERE i.indrelid = $1::regclass AND i.indisunique AND NOT i.indisprimary
             GROUP BY i.indexrelid)),
       EXISTS (SELECT FROM pg_index WHERE indrelid = $1::regclass AND indisexclusion),
       (SELECT relnamespace = pg_my_temp_schema() FROM pg_class WHERE oid = $1::regclass)
