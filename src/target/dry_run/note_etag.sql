-- Adds the newest entry of a key once more, with its new ETag, to the planned ledger: the dry run must not
-- write to the real one. $1: the entry's delivery_id.
INSERT INTO pg_temp.loader_deliveries
SELECT n.*
FROM (SELECT * FROM pg_temp.known_deliveries WHERE delivery_id = $1::bigint ORDER BY turn DESC LIMIT 1) AS l,
     jsonb_populate_record(NULL::pg_temp.loader_deliveries,
                           to_jsonb(l) || jsonb_build_object('turn', l.turn + 1, 'noted_etag', $2::text, 'noted_modified', $3::timestamptz)) AS n
