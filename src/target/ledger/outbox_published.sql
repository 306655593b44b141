-- Marked, not deleted: consumers and operators can read what was published, and when.
UPDATE {outbox} SET published_at = clock_timestamp() WHERE position = ANY ($1::bigint[])
