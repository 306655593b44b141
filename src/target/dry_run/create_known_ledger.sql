-- The ledger of a target that no loader has seen: its tables are temporary already.
CREATE TEMPORARY VIEW known_deliveries AS SELECT * FROM pg_temp.loader_deliveries;
CREATE TEMPORARY VIEW known_entities AS SELECT * FROM pg_temp.loader_delivery_entities
