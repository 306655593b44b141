-- Of a table: whether it has an index for range scans that starts with event_id and is not partial (consumers read changes with
-- it), its foreign keys and those that refer to it, and its triggers.
SELECT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
               JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
               WHERE i.indrelid = t.oid AND a.attname = 'event_id' AND i.indisvalid AND i.indpred IS NULL AND m.amname <> 'hash'),
       (SELECT string_agg(quote_ident(k.conname), ', ' ORDER BY k.conname) FROM pg_constraint k
        WHERE k.contype = 'f' AND t.oid IN (k.conrelid, k.confrelid)),
       (SELECT string_agg(quote_ident(g.tgname), ', ' ORDER BY g.tgname) FROM pg_trigger g
        WHERE g.tgrelid = t.oid AND NOT g.tgisinternal)
FROM (SELECT format('%I.%I', $1::text, $2::text)::regclass::oid AS oid) t
