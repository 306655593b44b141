-- The deliveries of a statement that records them (record_deliveries.sql), from arrays with one element per
-- delivery. $2: the first delivery_id.
SELECT $2::bigint - 1 + place AS delivery_id, d.*
FROM unnest($7::bigint[], $8::text[], $9::integer[], $10::integer[], $11::text[], $12::text[], $13::bigint[],
            $14::timestamptz[], $15::text[], $16::text[], $17::timestamptz[], $18::bigint[], $19::bigint[], $20::text[],
            $21::text[], $22::timestamptz[], $23::float8[], $24::float8[], $25::float8[]) WITH ORDINALITY
    AS d (changes, object_key, generation, turn, etag, sha256, size,
          last_modified, entity, kind, name_time, rows_read, rejected, status,
          reason, started_at, fetch_seconds, decompress_seconds, parse_seconds, place)
