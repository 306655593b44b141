-- A key that came in more than one row, while the table had no index to refuse it: the last one stays.
DELETE FROM {table} AS t
USING (SELECT {key}, max(event_id) AS event_id FROM {table} GROUP BY {key} HAVING count(*) > 1) AS last
WHERE {same_key} AND t.event_id < last.event_id
