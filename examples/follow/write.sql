-- Run by follow.sh against the copy, in the directory that read.sql has filled. Writes apply.sql, which psql reads next: for each
-- table first what is gone, then what is there (a key that was removed and came back is in both, and stays), and in the same
-- transaction how far the copy has come.
\o apply.sql
SELECT 'BEGIN;';
SELECT format('SELECT last_event_id = %s AS nobody_was_faster FROM follow_state FOR UPDATE \gset', :last);
SELECT '\if :nobody_was_faster';
SELECT format(E'CREATE TEMP TABLE gone (key jsonb) ON COMMIT DROP;\n'
              'CREATE TEMP TABLE came ON COMMIT DROP AS SELECT * FROM %1$I LIMIT 0;\n'
              '\\copy gone FROM ''gone.%3$s''\n\\copy came FROM ''rows.%3$s''\n'
              'DELETE FROM %1$I WHERE (%2$s) IN (SELECT %2$s FROM gone, jsonb_populate_record(NULL::%1$I, key));\n'
              'DELETE FROM %1$I WHERE (%2$s) IN (SELECT %2$s FROM came);\n'
              'INSERT INTO %1$I SELECT * FROM came;\nDROP TABLE gone, came;',
              c.relname,
              (SELECT string_agg(quote_ident(p.attname), ', ' ORDER BY array_position(k.conkey, p.attnum))
               FROM pg_constraint k JOIN pg_attribute p ON p.attrelid = k.conrelid AND p.attnum = ANY (k.conkey)
               WHERE k.contype = 'p' AND k.conrelid = c.oid),
              encode(c.relname::text::bytea, 'hex'))
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN ('event_id', 'delivery_id')
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'loader_removals'
GROUP BY c.oid, c.relname
HAVING count(*) = 2
ORDER BY c.relname;
SELECT format('UPDATE follow_state SET last_event_id = %s;', :until);
SELECT format('\echo up to event %s', :until);
SELECT E'\\endif\nCOMMIT;';
\o
