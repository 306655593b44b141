-- A file is loaded once into each table: when the comment of another table claims its prefix, that table loads it from the start.

ALTER TABLE loader_deliveries
    DROP CONSTRAINT loader_deliveries_object_key_generation_turn_key,
    ADD UNIQUE (object_key, entity, generation, turn);

-- No file of the bucket, but the SQL of a table that was recreated (migrate --recreate), which removed its rows.

ALTER TABLE loader_deliveries
    DROP CONSTRAINT loader_deliveries_status_check,
    ADD CONSTRAINT loader_deliveries_status_check CHECK (status IN ('loaded', 'skipped', 'quarantined', 'recreated'));
COMMENT ON COLUMN loader_deliveries.object_key IS 'The object''s key, relative to bucket_path; where a table was recreated, the file of ENTITIES.';
COMMENT ON COLUMN loader_deliveries.status IS 'loaded, skipped (by an operator or a policy), quarantined (bad rows) or recreated (the table itself, which lost its rows).';
