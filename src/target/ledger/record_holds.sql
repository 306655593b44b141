-- What is held now, in place of what was.
WITH held AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::boolean[], $8::boolean[],
                         $9::boolean[], $10::bigint[], $11::timestamptz[], $12::timestamptz[])
        AS held (entity, object_key, etag, reason, hint, exit_code, may_pass, waits_for_lock, in_order, tries, held_since, next_try)
), gone AS (
    DELETE FROM {holds} AS h WHERE NOT EXISTS (SELECT FROM held WHERE held.entity = h.entity)
)
INSERT INTO {holds} (entity, object_key, etag, reason, hint, exit_code, may_pass, waits_for_lock, in_order, tries, held_since, next_try)
SELECT * FROM held
ON CONFLICT (entity) DO UPDATE
SET object_key = excluded.object_key, etag = excluded.etag, reason = excluded.reason, hint = excluded.hint,
    exit_code = excluded.exit_code, may_pass = excluded.may_pass, waits_for_lock = excluded.waits_for_lock,
    in_order = excluded.in_order, tries = excluded.tries, held_since = excluded.held_since, next_try = excluded.next_try
