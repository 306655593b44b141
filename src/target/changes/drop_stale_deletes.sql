-- Drops the deletes of old keys under which another row exists by then: one that an earlier row of the file
-- has moved there before the row that was there had gone. The number of rows with a key at some place of the
-- file is: one if the table had it, plus one for each row that was moved there, minus one for each that was
-- deleted or moved away. If that is above 0 after a delete, the key is still in use.
DELETE FROM {staging} AS i
USING (
    SELECT weighed.*,
           sum(CASE WHEN {op} IN ('D', 'M') THEN -1 WHEN moved_here THEN 1 ELSE 0 END) OVER (PARTITION BY {key} ORDER BY {row}) AS come
    FROM (SELECT *, lag({op}) OVER (ORDER BY {row}) = 'M' AS moved_here FROM {staging}) AS weighed
) AS last
WHERE i.{row} = last.{row} AND last.{op} = 'M' AND last.come + CASE WHEN EXISTS (SELECT FROM {table} AS present WHERE {same_key}) THEN 1 ELSE 0 END > 0
