SELECT DISTINCT ON (object_key) object_key, delivery_id, coalesce(noted_etag, etag), generation, turn, status = 'loaded',
       sha256, (extract(epoch FROM coalesce(noted_modified, last_modified)) * 1000000)::bigint
FROM {ledger}
WHERE object_key = ANY ($1::text[])
ORDER BY object_key, generation DESC, turn DESC
