-- position, not delivery_id: the order in which consumers see messages, and how they notice a gap.
SELECT position, delivery_id, subject, payload FROM {outbox} WHERE published_at IS NULL ORDER BY position LIMIT $1
