UPDATE {outbox} SET published_at = clock_timestamp() WHERE position = ANY ($1::bigint[])
