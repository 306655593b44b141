-- Holds those keys of the delivery that the table has: Citus can't look a temporary table's rows up in a distributed
-- table, only join it with a subquery. A dry run loads many deliveries in one transaction, so the table may exist.
DROP TABLE IF EXISTS pg_temp.keys_in_table;
CREATE TEMPORARY TABLE keys_in_table ON COMMIT DROP AS
SELECT {table_key} FROM {table} AS t JOIN (SELECT DISTINCT {key} FROM {staging} WHERE {op} = 'M') AS k ON {same_key}
