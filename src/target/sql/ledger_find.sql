SELECT DISTINCT ON (object_key) object_key, delivery_id, etag, generation
FROM {ledger}
WHERE object_key = ANY ($1::text[])
ORDER BY object_key, generation DESC, delivery_id DESC
