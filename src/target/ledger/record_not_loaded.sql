-- The ledger row of a delivery that was not loaded. No row comes back when the counter is not where this loader left it.
WITH moved AS (
    UPDATE {state} SET last_delivery_id = $1::bigint WHERE last_delivery_id = $1::bigint - 1 RETURNING 1
)
INSERT INTO {ledger} (delivery_id, object_key, generation, turn, etag, sha256, size, last_modified, entity, kind,
                      name_time, rows_read, created, amended, removed, status, reason, started_at, finished_at,
                      fetch_seconds, decompress_seconds, parse_seconds, apply_seconds, host, version)
SELECT $1::bigint, $2::text, $3::integer, $4::integer, $5::text, '', $6::bigint, $7::timestamptz, $8::text, $9::text,
       $10::timestamptz, 0, 0, 0, 0, $11::text, $12::text, clock_timestamp(), clock_timestamp(),
       0, 0, 0, 0, $13::text, $14::text
FROM moved
RETURNING delivery_id
