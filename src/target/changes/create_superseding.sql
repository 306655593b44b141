-- Holds the keys of a newer delivery. It has the columns of the staging table, so that the same COPY fits.
DROP TABLE IF EXISTS {superseding};
CREATE TEMPORARY TABLE {superseding} ON COMMIT DROP AS SELECT * FROM {staging} WITH NO DATA
