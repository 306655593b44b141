-- Holds the keys that the files of a reload hold. A dry run loads several reloads in one transaction, so the
-- table may exist.
DROP TABLE IF EXISTS pg_temp.reload_keys;
CREATE TEMPORARY TABLE reload_keys ON COMMIT DROP AS SELECT {key} FROM {staging} WITH NO DATA
