-- The primary keys of the table's rows that have the source key of a staging row without the whole key. A dry run loads many
-- deliveries in one transaction, so the table may exist.
DROP TABLE IF EXISTS pg_temp.keys_found;
CREATE TEMPORARY TABLE keys_found ON COMMIT DROP AS
SELECT {table_key} FROM {table} AS t JOIN (SELECT DISTINCT {source_key} FROM {staging} WHERE {partial}) AS k ON {same_in_table}
