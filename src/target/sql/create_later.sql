-- Takes the rows of a delivery that comes after a late one.
DROP TABLE IF EXISTS {later};
CREATE TEMPORARY TABLE {later} ON COMMIT DROP AS SELECT * FROM {incoming} WITH NO DATA
