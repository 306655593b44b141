-- Keys that more than one row has, because the table had no index to refuse them: the last row stays.
DELETE FROM {table} AS t
USING (SELECT {key}, max(event_id) AS event_id FROM {table} GROUP BY {key} HAVING count(*) > 1) AS last
WHERE {same_key} AND t.event_id < last.event_id
