-- Of the tables $2 of schema $1, one that the loader could not load, with what it lacks. None, if another of them can be loaded and they have neither of the loader's
-- columns: then they are the user's own.
WITH made AS (
    SELECT c.relname,
           count(*) FILTER (WHERE a.attname IN ('event_id', 'delivery_id') AND a.atttypid = 'bigint'::regtype) AS good,
           count(*) FILTER (WHERE a.attname IN ('event_id', 'delivery_id')) AS named,
           string_agg(a.attname, ',') FILTER (WHERE a.attname IN ('event_id', 'delivery_id') AND a.atttypid = 'bigint'::regtype) AS has,
           EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p' AND k.conexclop IS NULL) AS keyed,
           EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') AS temporal
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname = ANY ($2::text[])
    GROUP BY c.oid, c.relname
)
SELECT relname,
       concat_ws(' and ',
                 CASE WHEN coalesce(has, '') NOT LIKE '%event_id%' THEN 'a column event_id bigint' END,
                 CASE WHEN coalesce(has, '') NOT LIKE '%delivery_id%' THEN 'a column delivery_id bigint' END,
                 CASE WHEN keyed THEN NULL WHEN temporal THEN 'a primary key without WITHOUT OVERLAPS' ELSE 'a primary key' END)
FROM made
WHERE (good < 2 OR NOT keyed) AND (named > 0 OR NOT EXISTS (SELECT FROM made WHERE good = 2))
ORDER BY relname
LIMIT 1
