-- The entity tables of a schema, and the loader's table and view that consumers read with them: one row per column, in
-- order. A view has no NOT NULL; its columns have the names of those that it shows.
SELECT c.relname,
       coalesce(obj_description(c.oid, 'pg_class'), ''),
       c.relname NOT LIKE 'loader\_%',
       a.attname,
       format_type(a.atttypid, a.atttypmod),
       a.attnotnull OR y.typnotnull
           OR c.relkind = 'v' AND EXISTS (
               SELECT FROM pg_attribute b JOIN pg_class t ON t.oid = b.attrelid
               WHERE t.relnamespace = c.relnamespace AND t.relname IN ('loader_deliveries', 'loader_rejects')
                 AND b.attname = a.attname AND b.attnotnull),
       coalesce(array_position(k.conkey, a.attnum), 0),
       coalesce(col_description(c.oid, a.attnum), ''),
       a.attgenerated <> ''
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' AND k.conexclop IS NULL
WHERE n.nspname = $1
  AND c.relkind IN ('r', 'p', 'v')
  AND NOT c.relispartition
  AND (c.relname IN ('loader_open_rejects', 'loader_removals')
       OR c.relkind <> 'v' AND c.relname NOT LIKE 'loader\_%'
          AND 2 = (SELECT count(*) FROM pg_attribute l
                   WHERE l.attrelid = c.oid AND NOT l.attisdropped AND l.attname IN ('event_id', 'delivery_id')
                     AND l.atttypid = 'bigint'::regtype))
ORDER BY c.relname, a.attnum
