-- The last staging row for each key, for bisection (row_isolation.hpp).
CREATE TEMPORARY TABLE last_rows ON COMMIT DROP AS
SELECT DISTINCT ON ({key}) * FROM {staging} ORDER BY {key}, {row} DESC
