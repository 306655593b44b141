-- Takes the keys that the files of a reload hold.
DROP TABLE IF EXISTS pg_temp.reload_keys;
CREATE TEMPORARY TABLE reload_keys ON COMMIT DROP AS SELECT {key} FROM {staging} WITH NO DATA
