-- Reads one row at most: a count would read the whole table.
SELECT NOT EXISTS (SELECT FROM {table})
