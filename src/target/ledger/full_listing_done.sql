UPDATE {state} SET last_full_listing_at = $1::timestamptz
