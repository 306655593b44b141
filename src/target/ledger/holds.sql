SELECT entity, object_key, etag, reason, hint, exit_code, may_pass, waits_for_lock, in_order, tries,
       (extract(epoch FROM held_since) * 1000000)::bigint, (extract(epoch FROM next_try) * 1000000)::bigint
FROM {holds} ORDER BY held_since, entity
