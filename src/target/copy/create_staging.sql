-- The rows of the delivery in work, as they stand in its file. Kept for the session, emptied by each commit. Of the
-- table's types but without its constraints: a delete row may hold nothing but the key.
CREATE TEMPORARY TABLE {staging} ON COMMIT DELETE ROWS AS
SELECT 0::bigint AS {row}, ''::"char" AS {op}, {columns} FROM {table} WITH NO DATA
