-- Rows that were changed or removed after the last visible event are not compared: the copy may or may not have them.
-- Their removals are all known by now, because the coordinator commits before the workers.
CREATE TEMPORARY TABLE verify_changed AS
SELECT {key} FROM pg_temp.verify_table WHERE event_id > (SELECT visible_event_id FROM pg_temp.verify_state)
UNION
SELECT {removed_key} FROM {schema}.loader_removals AS r, jsonb_populate_record(NULL::{expected}, r.key) AS row_of
WHERE r.entity = {entity} AND r.event_id > (SELECT visible_event_id FROM pg_temp.verify_state);
DELETE FROM pg_temp.verify_table AS t USING pg_temp.verify_changed AS c WHERE {same_in_table};
DELETE FROM {expected} AS t USING pg_temp.verify_changed AS c WHERE {same_in_table}
