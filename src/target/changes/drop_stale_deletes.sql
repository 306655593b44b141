-- Drops the removals of old keys under which another row stands by then: one that an earlier row of the file has moved
-- there before the row that was there had gone. So many rows have a key at some place of the file: one if it
-- stood in the table before, one more for each that has been moved there, one less for each that has gone.
DELETE FROM {staging} AS i
USING (
    SELECT weighed.*,
           sum(CASE WHEN {op} IN ('D', 'M') THEN -1 WHEN moved_here THEN 1 ELSE 0 END) OVER (PARTITION BY {key} ORDER BY {row}) AS come
    FROM (SELECT *, lag({op}) OVER (ORDER BY {row}) = 'M' AS moved_here FROM {staging}) AS weighed
) AS last
WHERE i.{row} = last.{row} AND last.{op} = 'M' AND last.come + CASE WHEN EXISTS (SELECT FROM {table} AS present WHERE {same_key}) THEN 1 ELSE 0 END > 0
