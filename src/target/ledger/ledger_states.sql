-- How far each entity is loaded: its generation; since when a reload includes the changes before it; the newest
-- change file that was loaded in that generation, before which a file is late; a key that shows the layout; the
-- newest name, and the name $2 files before it, from which the bucket is listed; the time in the name of the
-- newest transaction file with rows of it; and a file of its own that was loaded, which shows the prefix of its rows. A name that is more than $3 seconds later than its object doesn't move
-- the listing, else no later file would be seen. Each subquery reads the end of an index, so a poll costs the same
-- however many files were loaded.
SELECT e.entity,
       g.generation,
       CASE WHEN g.generation > 1 THEN (extract(epoch FROM g.snapshot) * 1000000)::bigint END,
       newest.object_key,
       (extract(epoch FROM newest.name_time) * 1000000)::bigint,
       coalesce(listed.object_key, before.object_key),
       (extract(epoch FROM listed.name_time) * 1000000)::bigint,
       (extract(epoch FROM back.name_time) * 1000000)::bigint,
       (SELECT (extract(epoch FROM max(c.name_time)) * 1000000)::bigint FROM {entities} c WHERE c.entity = e.entity),
       coalesce(newest.object_key,
                (SELECT s.object_key FROM {ledger} s
                 WHERE s.entity = e.entity AND s.kind = 'full_load' AND s.generation = g.generation AND s.status = 'loaded'
                 LIMIT 1))
FROM unnest($1::text[]) AS e (entity)
CROSS JOIN LATERAL (
    SELECT coalesce(max(l.generation), 1) AS generation,
           (SELECT min(s.last_modified) FROM {ledger} s
            WHERE s.entity = e.entity AND s.kind = 'full_load' AND s.generation = max(l.generation)) AS snapshot
    FROM {ledger} l WHERE l.entity = e.entity AND l.kind = 'full_load') g
LEFT JOIN LATERAL (
    SELECT object_key, name_time FROM {ledger} l
    WHERE l.entity = e.entity AND l.kind = 'change' AND l.generation = g.generation AND l.status = 'loaded'
    ORDER BY l.name_time DESC, l.object_key COLLATE "C" DESC LIMIT 1) newest ON true
LEFT JOIN LATERAL (
    SELECT object_key, name_time FROM {ledger} l
    WHERE l.entity = e.entity AND l.kind = 'change' AND l.generation = g.generation
          AND l.name_time <= l.last_modified + make_interval(secs => $3::float8)
    ORDER BY l.name_time DESC LIMIT 1) listed ON true
LEFT JOIN LATERAL (
    SELECT object_key FROM {ledger} l
    WHERE l.entity = e.entity AND l.kind = 'change' AND l.generation = g.generation - 1
          AND l.name_time <= l.last_modified + make_interval(secs => $3::float8)
    ORDER BY l.name_time DESC LIMIT 1) before ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN count(*) < $2 THEN NULL ELSE min(w.name_time) END AS name_time
    FROM (SELECT name_time FROM {ledger} l
          WHERE l.entity = e.entity AND l.kind = 'change' AND l.generation = g.generation
                AND l.name_time <= l.last_modified + make_interval(secs => $3::float8)
          ORDER BY l.name_time DESC LIMIT $2) w) back
