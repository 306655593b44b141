-- Deliveries after the last visible event, as of the copy (verify_copy.sql), are not in the ledger.
CREATE TEMPORARY TABLE verify_horizon AS
SELECT coalesce((SELECT min(delivery_id) FROM {schema}.loader_deliveries WHERE max_event_id > visible_event_id), 9223372036854775807) AS delivery_id
FROM pg_temp.verify_state;
CREATE OR REPLACE TEMPORARY VIEW known_deliveries AS
SELECT * FROM {schema}.loader_deliveries WHERE delivery_id < (SELECT delivery_id FROM pg_temp.verify_horizon)
UNION ALL SELECT * FROM pg_temp.loader_deliveries;
CREATE OR REPLACE TEMPORARY VIEW known_entities AS
SELECT * FROM {schema}.loader_delivery_entities WHERE delivery_id < (SELECT delivery_id FROM pg_temp.verify_horizon)
UNION ALL SELECT * FROM pg_temp.loader_delivery_entities
