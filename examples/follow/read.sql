-- Run by follow.sh against the loader's database, in an empty directory. :last is the last event that the copy has seen, :step
-- the most events to read (ALL: no limit). Leaves files: `until`, the event up to which this reads; rows.TABLE, what is there;
-- gone.TABLE, the keys of what was removed.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
-- Never further than visible_event_id: of later events, other tables may not show everything yet.
SELECT visible_event_id AS visible FROM loader_state \gset
-- Each branch is sorted and limited by itself, so that the indexes are read no further than the step goes. A branch without, or a
-- limit around all of them only, reads and sorts everything after :last in each step. (loader_removals is one of the branches.)
\o read_until.sql
SELECT format('SELECT greatest(%s, CASE WHEN count(*)::text = %L THEN max(event_id) ELSE %s END) AS until FROM (%s ORDER BY event_id LIMIT %s) e \gset',
              :last, :'step', :visible,
              string_agg(format('(SELECT event_id FROM %I WHERE event_id > %s AND event_id <= %s ORDER BY event_id LIMIT %s)',
                                t.relname, :last, :visible, :'step'),
                         ' UNION ALL '),
              :'step')
FROM (SELECT c.relname
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN ('event_id', 'delivery_id')
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      GROUP BY c.relname
      HAVING count(*) = 2) t;
\o
\i read_until.sql
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
