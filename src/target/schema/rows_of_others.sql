-- Whose delivery the first rows of a table are from.
SELECT d.entity, d.delivery_id
FROM (SELECT delivery_id FROM {table} LIMIT 100) AS r
JOIN {deliveries} d USING (delivery_id)
WHERE d.entity NOT LIKE '%/'
LIMIT 1
