-- Takes the missing columns of primary keys from the last earlier staging row with the same source key that has them,
-- else from the table's row (keys_found.sql), which counts as row 0. Several rows of the table are ambiguous. A delete
-- without any row to take them from has no effect.
WITH known AS (
    SELECT {row}, {key}, NOT ({partial}) AS "Loader: whole" FROM {staging}
    UNION ALL
    SELECT 0, {key}, true FROM (SELECT *, count(*) OVER (PARTITION BY {source_key}) AS "Loader: rows" FROM pg_temp.keys_found) AS found
    WHERE "Loader: rows" = 1
), nearest AS (
    SELECT *, max({row}) FILTER (WHERE "Loader: whole") OVER (PARTITION BY {source_key} ORDER BY {row}) AS "Loader: from" FROM known
)
UPDATE {staging} AS s SET {assignments}
FROM nearest AS n JOIN known AS f ON f.{row} = n."Loader: from" AND {same_nearest}
WHERE s.{row} = n.{row} AND NOT n."Loader: whole";
DELETE FROM {staging} AS s
WHERE ({partial}) AND {op} IN ('D', 'M') AND NOT EXISTS (SELECT FROM pg_temp.keys_found AS k WHERE {same_found})
