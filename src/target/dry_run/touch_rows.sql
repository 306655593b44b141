-- Copies rows of the table to its overlay, unless that was done before: those whose keys a query gives.
WITH touched AS (
    INSERT INTO {touched} ({key}) {keys} ON CONFLICT DO NOTHING RETURNING {key}
)
INSERT INTO {overlay} ({columns}, event_id, delivery_id)
OVERRIDING SYSTEM VALUE
SELECT {columns}, event_id, delivery_id FROM {base} JOIN touched USING ({key})
