-- The incoming rows as they stand in the file: the last one for each key, sorted by key.
MATERIALIZED (SELECT DISTINCT ON ({key}) * FROM {staging} ORDER BY {key}, {row} DESC)
