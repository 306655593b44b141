-- Reads one row at most: a count would read the whole table. Citus passes the LIMIT on to the workers; of NOT EXISTS
-- it would fetch the whole table.
SELECT (SELECT true FROM {table} LIMIT 1) IS NULL
