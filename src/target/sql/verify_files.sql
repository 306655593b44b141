-- The files that an entity's rows come from, in the order of their changes: of its newest full load's generation, each
-- object once, as it was taken last.
DECLARE verify_files NO SCROLL CURSOR FOR
SELECT object_key, etag, size, (extract(epoch FROM last_modified) * 1000000)::bigint, kind,
       (extract(epoch FROM name_time) * 1000000)::bigint, generation
FROM (SELECT DISTINCT ON (object_key) *
      FROM {ledger}
      WHERE entity = $1::text AND generation = (SELECT max(generation) FROM {ledger} WHERE entity = $1::text)
      ORDER BY object_key, delivery_id DESC) newest
WHERE status = 'loaded'
ORDER BY kind = 'change', CASE WHEN kind = 'change' THEN name_time END, CASE WHEN kind = 'change' THEN object_key END COLLATE "C",
         delivery_id
