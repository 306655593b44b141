-- Of table $1: whether it is empty; what of it is not predicted; whether it is temporary.
SELECT (SELECT true FROM {base} LIMIT 1) IS NULL,
       concat_ws(' and ',
                 CASE WHEN EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND $1::regclass IN (conrelid, confrelid))
                      THEN 'foreign keys' END,
                 CASE WHEN EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal) THEN 'triggers' END),
       (SELECT relnamespace = pg_my_temp_schema() FROM pg_class WHERE oid = $1::regclass)
