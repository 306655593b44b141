-- The last incoming row for each key, to be tried in parts.
CREATE TEMPORARY TABLE last_rows ON COMMIT DROP AS
SELECT DISTINCT ON ({key}) * FROM {staging} ORDER BY {key}, {row} DESC
