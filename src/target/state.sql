-- The counters. They are columns of one row and not sequences, because a sequence isn't rolled back: a failed
-- or dry run would leave gaps, and no transaction could assert what its predecessor has left. Times are
-- microseconds since 1970.
SELECT target_id, last_event_id, last_delivery_id,
       (extract(epoch FROM last_full_listing_at) * 1000000)::bigint, writer_epoch
FROM {state}
