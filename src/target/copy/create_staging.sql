-- The rows of the current delivery, in the file's order. Created once per session and emptied by each commit,
-- because creating a table for each delivery would bloat the catalogue. It has the table's types but not its
-- constraints: a delete row may have nothing but the key. {unlogged}: the columns that the file has no value
-- for (changes/unlogged_columns.hpp); NULL: none.
CREATE TEMPORARY TABLE {staging} ON COMMIT DELETE ROWS AS
SELECT 0::bigint AS {row}, ''::"char" AS {op}, NULL::text[] AS {unlogged}, {columns} FROM {table} WITH NO DATA
