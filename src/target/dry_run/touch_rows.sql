-- Copies the rows of the table whose keys a query returns to the overlay, unless they were copied before.
WITH touched AS (
    INSERT INTO {touched} ({key}) {keys} ON CONFLICT DO NOTHING RETURNING {key}
)
INSERT INTO {overlay} ({columns}, event_id, delivery_id)
OVERRIDING SYSTEM VALUE
SELECT {columns}, event_id, delivery_id FROM {base} JOIN touched USING ({key})
