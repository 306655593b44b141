-- How Citus stores the tables $2 of the schema $1: by what column they are distributed (NULL: by none), whether each worker
-- has a copy, and in how many shards.
SELECT c.relname, pg_catalog.column_to_column_name(p.logicalrelid, p.partkey), p.partmethod = 'n' AND p.repmodel = 't',
       (SELECT count(*) FROM pg_catalog.pg_dist_shard s WHERE s.logicalrelid = p.logicalrelid)
FROM pg_catalog.pg_dist_partition p
JOIN pg_class c ON c.oid = p.logicalrelid
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND c.relname = ANY ($2::text[])
ORDER BY c.relname
