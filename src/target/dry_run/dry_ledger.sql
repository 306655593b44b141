-- A dry run's ledger: what is in, and what the dry run has predicted so far.
CREATE TEMPORARY TABLE predicted_deliveries AS SELECT * FROM {ledger} WITH NO DATA;
CREATE TEMPORARY VIEW dry_ledger AS
SELECT * FROM {ledger} UNION ALL SELECT * FROM pg_temp.predicted_deliveries;
CREATE TEMPORARY TABLE predicted_entities AS SELECT * FROM {entities} WITH NO DATA;
CREATE TEMPORARY VIEW dry_entities AS
SELECT * FROM {entities} UNION ALL SELECT * FROM pg_temp.predicted_entities;
