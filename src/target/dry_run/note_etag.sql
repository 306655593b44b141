-- The newest entry of a key that is recorded, once more, with its new ETag: $1: its delivery_id.
INSERT INTO pg_temp.loader_deliveries
SELECT n.*
FROM (SELECT * FROM pg_temp.known_deliveries WHERE delivery_id = $1::bigint ORDER BY turn DESC LIMIT 1) AS l,
     jsonb_populate_record(NULL::pg_temp.loader_deliveries,
                           to_jsonb(l) || jsonb_build_object('turn', l.turn + 1, 'noted_etag', $2::text, 'noted_modified', $3::timestamptz)) AS n
