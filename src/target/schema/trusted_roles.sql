-- The roles that the loader trusts, for each schema: superusers, the owners of the database, of the schema and of
-- the loader's own tables in it, and roles that the loader's role is a member of, not only because it is a
-- superuser.
WITH RECURSIVE mine (oid) AS (
    SELECT oid FROM pg_roles WHERE rolname = current_user
    UNION
    SELECT m.roleid FROM pg_auth_members m JOIN mine ON m.member = mine.oid
)
SELECT n.oid AS schema, r.oid AS role
FROM pg_namespace n
CROSS JOIN pg_roles r
WHERE r.rolsuper
   OR r.oid IN (SELECT oid FROM mine)
   OR r.oid = n.nspowner
   OR r.oid = (SELECT datdba FROM pg_database WHERE datname = current_database())
   OR EXISTS (SELECT FROM pg_class s WHERE s.relnamespace = n.oid AND s.relname = 'loader_state' AND s.relowner = r.oid)
