-- For staging rows in the file's order: the last one for each key, sorted by key. apply.sql reads it twice,
-- and MATERIALIZED sorts it once.
MATERIALIZED (SELECT DISTINCT ON ({key}) * FROM {staging} ORDER BY {key}, {row} DESC)
