-- Where the incoming rows stand in their file, for those that turn out to be bad.
DROP TABLE IF EXISTS pg_temp.places;
CREATE TEMPORARY TABLE places ({row} bigint PRIMARY KEY, line bigint NOT NULL, byte_offset bigint NOT NULL, raw bytea NOT NULL) ON COMMIT DROP
