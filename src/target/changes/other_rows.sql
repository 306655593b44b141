-- Holds the keys of the table's rows that have the source key of a row of the delivery, but another primary key than the
-- last one of them. Operation M is the old key of a key change: it doesn't show the row's key.
DROP TABLE IF EXISTS pg_temp.other_rows;
CREATE TEMPORARY TABLE other_rows ON COMMIT DROP AS
SELECT {table_key} FROM {table} AS t
JOIN (SELECT DISTINCT ON ({source_key}) {key} FROM {staging} WHERE {op} <> 'M' ORDER BY {source_key}, {row} DESC) AS last
ON {same_source_key} AND NOT ({same_key})
