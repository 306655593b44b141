-- Takes the keys that the files of a reload hold.
DROP TABLE IF EXISTS pg_temp.snapshot_keys;
CREATE TEMPORARY TABLE snapshot_keys ON COMMIT DROP AS SELECT {key} FROM {incoming} WITH NO DATA
