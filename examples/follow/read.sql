-- Run by follow.sh against the loader's database, in an empty folder. :last is the last event that the copy has seen. Leaves
-- files: `until`, the event up to which this reads; rows.TABLE, what is there; gone.TABLE, the keys of what was removed.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
-- One loader writes at a time, so all events up to this one are visible.
SELECT last_event_id AS until FROM loader_state \gset
\o until
SELECT :until;
\o read_tables.sql
SELECT format('COPY (SELECT * FROM %1$I WHERE event_id > %2$s AND event_id <= %3$s) TO STDOUT \g ''rows.%4$s''' || chr(10) ||
              'COPY (SELECT key FROM loader_removals WHERE event_id > %2$s AND event_id <= %3$s AND entity = %5$L) TO STDOUT \g ''gone.%4$s''',
              c.relname, :last, :until, encode(c.relname::text::bytea, 'hex'), c.relname)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN ('event_id', 'delivery_id')
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'loader_removals'
GROUP BY c.relname
HAVING count(*) = 2
ORDER BY c.relname;
\o
\i read_tables.sql
COMMIT;
