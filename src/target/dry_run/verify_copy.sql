-- On Citus there is no snapshot of all nodes: while a loader runs, the table is read later than the ledger. So its rows
-- are copied before the ledger's snapshot begins, and what came after the last visible event is left out (verify_horizon.sql).
-- Without delivery_id it isn't mistaken for an entity table.
CREATE TEMPORARY TABLE verify_state AS SELECT visible_event_id FROM {state};
CREATE TEMPORARY TABLE verify_table AS SELECT * FROM {table};
ALTER TABLE pg_temp.verify_table DROP COLUMN delivery_id
