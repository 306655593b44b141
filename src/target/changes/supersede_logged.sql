-- As delete_superseded.sql, where rows of the newer delivery have no value for some columns. Only a row with
-- all columns, or a delete, supersedes the late file's row. Of the others, the late file's row loses the
-- columns that one of them has a value for.
DELETE FROM {staging} AS t USING {superseding} AS later
WHERE {same_key} AND (later.{unlogged} IS NULL OR later.{op} IN ('D', 'M') OR t.{op} IN ('D', 'M'));
UPDATE {staging} AS t SET {unlogged} = nullif(array_remove(ARRAY[{superseded}], NULL), ARRAY[]::text[])
FROM (SELECT {key}, {never_logged} FROM {superseding} GROUP BY {key}) AS later
WHERE {same_key};
TRUNCATE {superseding}
