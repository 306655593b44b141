-- The files that an entity's rows come from, in the order of their names, which is the order that the
-- policies for late and rewritten files amount to: those of its newest full load's generation, and
-- transaction files with rows of it; each object once, in its newest loaded revision. A cursor, because there
-- may be millions.
DECLARE verify_files NO SCROLL CURSOR FOR
SELECT object_key, coalesce(noted_etag, etag), size,
       (extract(epoch FROM coalesce(noted_modified, last_modified)) * 1000000)::bigint, kind,
       (extract(epoch FROM name_time) * 1000000)::bigint, generation, entity, delivery_id
FROM (SELECT DISTINCT ON (object_key) *
      FROM {ledger} l
      WHERE status = 'loaded'
        AND NOT EXISTS (SELECT FROM {ledger} n
                        WHERE n.object_key = l.object_key AND n.entity = l.entity AND n.generation = l.generation AND n.turn > l.turn
                          AND n.status = 'loaded')
        AND (delivery_id IN (SELECT delivery_id FROM {entities} WHERE entity = $1::text)
             OR entity = $1::text
                AND generation = (SELECT coalesce(max(generation), 1) FROM {ledger} WHERE entity = $1::text AND kind = 'full_load'))
      ORDER BY object_key, turn DESC) newest
ORDER BY kind = 'change', CASE WHEN kind = 'change' THEN name_time END, CASE WHEN kind = 'change' THEN object_key END COLLATE "C",
         delivery_id
