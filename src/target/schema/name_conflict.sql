-- Relations that the migrations would create, but that the target schema has already.
SELECT t.relname
FROM pg_class t
JOIN pg_class r ON r.relname = t.relname AND r.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
WHERE t.relnamespace = pg_my_temp_schema() AND t.relkind IN ('r', 'p', 'v', 'i', 'S')
ORDER BY t.relname
LIMIT 1
