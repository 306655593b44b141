-- The loaded change files of entity $1 and generation $2 that come after ($3, $4), in order, and the
-- transaction files with rows of it, as far as the generation's full load doesn't include them. Of an object
-- that was loaded more than once, the newest revision. Names are compared in collation "C", by bytes, as S3
-- lists them.
WITH own AS (
    SELECT * FROM {ledger} l
    WHERE entity = $1 AND generation = $2 AND kind = 'change' AND status = 'loaded'
      AND name_time >= $3::timestamptz AND (name_time, object_key COLLATE "C") > ($3::timestamptz, $4::text)
      AND NOT EXISTS (SELECT FROM {ledger} n
                      WHERE n.object_key = l.object_key AND n.entity = l.entity AND n.generation = l.generation AND n.turn > l.turn
                        AND n.status = 'loaded')
    ORDER BY name_time, object_key COLLATE "C"
    LIMIT $5::bigint
), carrying AS (
    SELECT l.* FROM {entities} c JOIN {ledger} l USING (delivery_id)
    WHERE c.entity = $1 AND c.name_time >= $3::timestamptz
      AND (c.name_time, l.object_key COLLATE "C") > ($3::timestamptz, $4::text)
      AND c.name_time > coalesce((SELECT min(s.last_modified) FROM {ledger} s
                                  WHERE s.entity = $1 AND s.kind = 'full_load' AND s.generation = $2 AND $2 > 1), '-infinity')
      AND NOT EXISTS (SELECT FROM {ledger} n
                      WHERE n.object_key = l.object_key AND n.entity = l.entity AND n.generation = l.generation AND n.turn > l.turn
                        AND n.status = 'loaded')
    ORDER BY c.name_time, l.object_key COLLATE "C"
    LIMIT $5::bigint
)
SELECT delivery_id, object_key, coalesce(noted_etag, etag), size,
       (extract(epoch FROM coalesce(noted_modified, last_modified)) * 1000000)::bigint,
       (extract(epoch FROM name_time) * 1000000)::bigint, entity
FROM (SELECT * FROM own UNION ALL SELECT * FROM carrying) both_kinds
ORDER BY name_time, object_key COLLATE "C"
LIMIT $5::bigint
