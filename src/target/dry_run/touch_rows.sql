-- Copies the rows of the table whose keys a query returns to the overlay, unless they were copied before.
WITH touched AS (
    INSERT INTO {touched} ({key}) {keys} ON CONFLICT DO NOTHING RETURNING {key}
)
INSERT INTO {overlay} ({columns}, event_id, delivery_id)
OVERRIDING SYSTEM VALUE
SELECT {values}, t.event_id, t.delivery_id FROM {base} AS t JOIN touched AS k ON {same_key}
