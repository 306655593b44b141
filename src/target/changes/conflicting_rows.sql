-- The rows of last_rows that can't be in the table as the delivery would leave it, because an earlier row of
-- the file, or a row of the table that the file doesn't touch, has the same unique value. The table's rows are fetched
-- first, by a join: Citus can't look the rows of a temporary table up in a distributed one.
DROP TABLE IF EXISTS pg_temp.rows_in_conflict;
CREATE TEMPORARY TABLE rows_in_conflict ON COMMIT DROP AS
SELECT t.* FROM (SELECT {key}, {values} FROM {table}) AS t
JOIN (SELECT {values} FROM pg_temp.last_rows WHERE {op} NOT IN ('D', 'M')) AS s ON {same_values};
SELECT {row} FROM (SELECT {row}, {values} FROM pg_temp.last_rows WHERE {op} NOT IN ('D', 'M')) AS s
WHERE EXISTS (SELECT FROM (SELECT {row}, {values} FROM pg_temp.last_rows WHERE {op} NOT IN ('D', 'M')) AS t
              WHERE t.{row} < s.{row} AND {same_values})
   OR EXISTS (SELECT FROM pg_temp.rows_in_conflict AS t
              WHERE {same_values} AND NOT EXISTS (SELECT FROM pg_temp.last_rows AS k WHERE {same_key}))
ORDER BY {row}
