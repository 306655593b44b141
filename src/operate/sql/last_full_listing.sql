SELECT (extract(epoch FROM last_full_listing_at) * 1000000)::bigint FROM {state}
