-- The ledger of a target in which no loader has run: create_temporary() has created its tables.
CREATE TEMPORARY VIEW known_deliveries AS SELECT * FROM pg_temp.loader_deliveries;
CREATE TEMPORARY VIEW known_entities AS SELECT * FROM pg_temp.loader_delivery_entities
