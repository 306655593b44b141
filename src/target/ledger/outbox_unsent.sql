SELECT position, delivery_id, subject, payload FROM {outbox} WHERE published_at IS NULL ORDER BY position LIMIT $1
