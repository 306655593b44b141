-- Which of the relations $2 of schema $1 belong to somebody whom the loader doesn't trust: their triggers and
-- defaults would run with the loader's rights. Trusted are superusers, the owners of the database, of the
-- schema and of the loader's own tables, and roles that the loader's role is a member of, not only because
-- it is a superuser.
WITH RECURSIVE mine (oid) AS (
    SELECT oid FROM pg_roles WHERE rolname = current_user
    UNION
    SELECT m.roleid FROM pg_auth_members m JOIN mine ON m.member = mine.oid
)
SELECT c.relname, quote_ident(o.rolname), quote_ident(current_user)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_roles o ON o.oid = c.relowner
WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])
  AND NOT o.rolsuper
  AND o.oid NOT IN (SELECT oid FROM mine)
  AND o.oid <> n.nspowner
  AND o.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database())
  AND NOT EXISTS (SELECT FROM pg_class s WHERE s.relnamespace = n.oid AND s.relname = 'loader_state' AND s.relowner = o.oid)
ORDER BY c.relname
