-- Which of the relations $2 of schema $1 are owned by roles that the loader doesn't trust (trusted_roles.sql):
-- their triggers and defaults would run with the loader's rights.
SELECT c.relname, quote_ident(o.rolname), quote_ident(current_user)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_roles o ON o.oid = c.relowner
WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])
  AND NOT EXISTS (SELECT FROM ({trusted}) AS t WHERE t.schema = n.oid AND t.role = o.oid)
ORDER BY c.relname
