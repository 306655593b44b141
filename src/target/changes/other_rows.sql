-- For each source key of the delivery, the primary key of its last row: operation M is the old key of a key change and
-- doesn't show the row's key. And the keys of the table's rows that have a source key of these, but another primary key.
DROP TABLE IF EXISTS pg_temp.last_keys, pg_temp.other_rows;
CREATE TEMPORARY TABLE last_keys ON COMMIT DROP AS
SELECT DISTINCT ON ({source_key}) {key} FROM {staging} WHERE {op} <> 'M' ORDER BY {source_key}, {row} DESC;
CREATE TEMPORARY TABLE other_rows ON COMMIT DROP AS
SELECT {table_key} FROM {table} AS t JOIN (SELECT * FROM pg_temp.last_keys) AS last ON {same_source_key} AND NOT ({same_key})
