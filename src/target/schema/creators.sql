-- Who may create in the schemas $1, besides roles that the loader trusts (trusted_roles.sql).
SELECT quote_ident(n.nspname), string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname)
FROM pg_namespace n
CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE n.nspname = ANY ($1::text[]) AND a.privilege_type = 'CREATE'
  AND NOT EXISTS (SELECT FROM ({trusted}) AS t WHERE t.schema = n.oid AND t.role = a.grantee)
GROUP BY n.nspname
ORDER BY n.nspname
