-- Brings the rows that the incoming ones will change into the overlay, as they are: for a file that carries only some of
-- the table's columns.
INSERT INTO {overlay} ({columns}, event_id, delivery_id)
OVERRIDING SYSTEM VALUE
SELECT {columns}, event_id, delivery_id
FROM {table} AS t
WHERE EXISTS (SELECT FROM {staging} AS i WHERE i.{op} NOT IN ('D', 'M') AND {same_key_t})
  AND NOT EXISTS (SELECT FROM {removed} AS r WHERE {same_key_r})
ON CONFLICT DO NOTHING
