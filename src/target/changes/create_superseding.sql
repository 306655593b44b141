-- Takes the rows of a delivery that comes after a late one.
DROP TABLE IF EXISTS {superseding};
CREATE TEMPORARY TABLE {superseding} ON COMMIT DROP AS SELECT * FROM {staging} WITH NO DATA
