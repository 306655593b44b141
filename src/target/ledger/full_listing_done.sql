UPDATE {state} SET last_full_listing_at = now()
