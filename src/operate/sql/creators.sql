-- Who may create in the schemas $1, besides roles that the loader trusts (strangers.sql).
WITH RECURSIVE mine (oid) AS (
    SELECT oid FROM pg_roles WHERE rolname = current_user
    UNION
    SELECT m.roleid FROM pg_auth_members m JOIN mine ON m.member = mine.oid
)
SELECT quote_ident(n.nspname), string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname)
FROM pg_namespace n
CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE n.nspname = ANY ($1::text[]) AND a.privilege_type = 'CREATE'
  AND NOT coalesce(r.rolsuper, false)
  AND a.grantee NOT IN (SELECT oid FROM mine)
  AND a.grantee <> n.nspowner
  AND a.grantee <> (SELECT datdba FROM pg_database WHERE datname = current_database())
  AND NOT EXISTS (SELECT FROM pg_class s WHERE s.relnamespace = n.oid AND s.relname = 'loader_state' AND s.relowner = a.grantee)
GROUP BY n.nspname
ORDER BY n.nspname
