-- A dry run's ledger: what is in, and what the dry run has predicted so far.
CREATE TEMPORARY TABLE predicted_deliveries AS SELECT * FROM {ledger} WITH NO DATA;
CREATE TEMPORARY VIEW dry_ledger AS
SELECT delivery_id, object_key, generation, etag, entity, kind, name_time, rows_read, created, amended, removed, max_event_id FROM {ledger}
UNION ALL
SELECT delivery_id, object_key, generation, etag, entity, kind, name_time, rows_read, created, amended, removed, max_event_id FROM pg_temp.predicted_deliveries;
