-- May the column $2 be added to the table $1? Its owner may; and whether a column of that name stands there by now, one that
-- a file can fill or another one (generated, the loader's own, the system's).
SELECT pg_has_role(c.relowner, 'usage'),
       EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = c.oid AND NOT a.attisdropped AND lower(a.attname) = lower($2)),
       EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = c.oid AND NOT a.attisdropped AND lower(a.attname) = lower($2)
                 AND a.attnum > 0 AND a.attgenerated = '' AND a.attname NOT IN ('event_id', 'delivery_id'))
FROM pg_class c
WHERE c.oid = $1::regclass
