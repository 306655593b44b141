-- The deliveries of a statement that records them (record_deliveries.sql), from arrays with one element per
-- delivery. $2: the first delivery_id.
SELECT $2::bigint - 1 + place AS delivery_id, d.*
FROM unnest($6::bigint[], $7::text[], $8::integer[], $9::integer[], $10::text[], $11::text[], $12::bigint[],
            $13::timestamptz[], $14::text[], $15::text[], $16::timestamptz[], $17::bigint[], $18::bigint[], $19::text[],
            $20::text[], $21::timestamptz[], $22::float8[], $23::float8[], $24::float8[]) WITH ORDINALITY
    AS d (changes, object_key, generation, turn, etag, sha256, size,
          last_modified, entity, kind, name_time, rows_read, rejected, status,
          reason, started_at, fetch_seconds, decompress_seconds, parse_seconds, place)
