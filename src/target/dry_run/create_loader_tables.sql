-- The loader's own tables as a dry run writes to them, and the ledger as it reads it: what is recorded and
-- what has been planned so far. Without last_full_listing_at the first poll lists everything, which a single
-- pass needs.
CREATE TEMPORARY TABLE loader_state AS SELECT * FROM {schema}.loader_state;
UPDATE pg_temp.loader_state SET last_full_listing_at = NULL;
CREATE TEMPORARY TABLE loader_deliveries AS SELECT * FROM {schema}.loader_deliveries WITH NO DATA;
CREATE TEMPORARY TABLE loader_delivery_entities AS SELECT * FROM {schema}.loader_delivery_entities WITH NO DATA;
CREATE TEMPORARY TABLE loader_outbox AS SELECT * FROM {schema}.loader_outbox WITH NO DATA;
CREATE TEMPORARY TABLE loader_removals AS SELECT * FROM {schema}.loader_removals WITH NO DATA;
CREATE TEMPORARY TABLE loader_rejects AS SELECT * FROM {schema}.loader_rejects WITH NO DATA;
CREATE TEMPORARY TABLE loader_added_columns (LIKE {schema}.loader_added_columns INCLUDING INDEXES);
INSERT INTO pg_temp.loader_added_columns SELECT * FROM {schema}.loader_added_columns;
CREATE TEMPORARY TABLE loader_requests AS SELECT * FROM {schema}.loader_requests WHERE answered_at IS NULL;
CREATE TEMPORARY VIEW known_deliveries AS
SELECT * FROM {schema}.loader_deliveries UNION ALL SELECT * FROM pg_temp.loader_deliveries;
CREATE TEMPORARY VIEW known_entities AS
SELECT * FROM {schema}.loader_delivery_entities UNION ALL SELECT * FROM pg_temp.loader_delivery_entities
