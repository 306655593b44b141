-- The positions of the staging rows in their file, for those that turn out to be bad. A reload has several
-- files in one transaction.
DROP TABLE IF EXISTS pg_temp.row_positions;
CREATE TEMPORARY TABLE row_positions ({row} bigint PRIMARY KEY, line bigint NOT NULL, byte_offset bigint NOT NULL, raw bytea NOT NULL) ON COMMIT DROP
