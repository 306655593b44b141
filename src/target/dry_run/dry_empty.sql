-- Stands in for a table that is to count as empty.
CREATE TEMPORARY TABLE {empty} (LIKE {table});
