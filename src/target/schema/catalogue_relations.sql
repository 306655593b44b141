-- Which of the names $1 are relations of PostgreSQL's own, which a name without a schema means.
SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relname = ANY ($1::text[]) ORDER BY relname
