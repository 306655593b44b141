-- May the column $2 be added to the table $1? Only a member of the owner's role may. And is there a column of
-- that name by now: any (also a generated one, the loader's own, the system's), and one that a file can fill?
-- Names are compared case-insensitively, as when files are matched to columns: only ASCII letters, whatever
-- the database's locale.
SELECT pg_has_role(c.relowner, 'usage'),
       EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = c.oid AND NOT a.attisdropped AND lower(a.attname) = lower($2 COLLATE "C")),
       EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = c.oid AND NOT a.attisdropped AND lower(a.attname) = lower($2 COLLATE "C")
                 AND a.attnum > 0 AND a.attgenerated = '' AND a.attname NOT IN ('event_id', 'delivery_id'))
FROM pg_class c
WHERE c.oid = $1::regclass
