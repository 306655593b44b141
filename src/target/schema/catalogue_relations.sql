-- Which of the names $1 are relations in pg_catalog, to which a name without a schema refers.
SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relname = ANY ($1::text[]) ORDER BY relname
