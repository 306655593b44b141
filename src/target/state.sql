SELECT target_id, last_event_id, last_delivery_id,
       (extract(epoch FROM last_full_listing_at) * 1000000)::bigint
FROM {state}
