-- How far each entity's changes are in: the newest one, and the one that stands $2 files before it (none: fewer).
SELECT e.entity,
       newest.object_key,
       (extract(epoch FROM newest.name_time) * 1000000)::bigint,
       (extract(epoch FROM back.name_time) * 1000000)::bigint
FROM unnest($1::text[]) AS e (entity)
CROSS JOIN LATERAL (
    SELECT object_key, name_time FROM {ledger} l
    WHERE l.entity = e.entity AND l.kind = 'change'
    ORDER BY l.name_time DESC LIMIT 1) newest
CROSS JOIN LATERAL (
    SELECT CASE WHEN count(*) < $2 THEN NULL ELSE min(w.name_time) END AS name_time
    FROM (SELECT name_time FROM {ledger} l
          WHERE l.entity = e.entity AND l.kind = 'change'
          ORDER BY l.name_time DESC LIMIT $2) w) back
