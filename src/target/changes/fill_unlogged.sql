-- Fills columns that the file has no value for, in the last change of each row. The table's rows are staged
-- with negative numbers (stage_table_rows.sql).
--
-- Under one key there may be several rows, one after the other: they are numbered as lives. A delete, or a
-- change of the key, ends a life. A row that gets the key begins one, and continues a life under its old key
-- (moves). While keys are swapped, two rows have one key for a moment, and what then leaves is the older one
-- (`present`, as in drop_stale_deletes.sql). A life's origin is the life in which the same row was first met.
WITH RECURSIVE changes AS (
    SELECT {row} AS number, {op} AS op, {unlogged} AS unlogged, {named_key},
           coalesce(lag({op}) OVER (ORDER BY {row}) = 'M', false) AS moved_here
    FROM {staging}
), parts AS (
    SELECT *, count(*) FILTER (WHERE op = 'D' OR op <> 'M' AND NOT moved_here) OVER (PARTITION BY {key_names} ORDER BY number) AS part
    FROM changes
), counted AS (
    SELECT *, sum(CASE op WHEN 'M' THEN -1 WHEN 'D' THEN 0 ELSE 1 END) OVER (PARTITION BY {key_names}, part ORDER BY number) AS present
    FROM parts
), ended AS (
    SELECT *, lag(op = 'D' OR op = 'M' AND present <= 0) OVER (PARTITION BY {key_names} ORDER BY number) AS after_end
    FROM counted
), lives AS (
    SELECT *, count(*) FILTER (WHERE moved_here OR after_end) OVER (PARTITION BY {key_names} ORDER BY number) AS life
    FROM ended
), linked AS (
    SELECT *, lag(life - CASE WHEN op = 'M' AND present > 0 THEN 1 ELSE 0 END) OVER (ORDER BY number) AS old_life, {old_key}
    FROM lives
), moves AS (
    SELECT {key_names}, life, {old_key_names}, old_life FROM linked WHERE moved_here
), origins AS (
    SELECT * FROM moves
    UNION ALL
    SELECT {origin_key_names}, o.life, {move_old_key_names}, m.old_life
    FROM origins AS o JOIN moves AS m ON m.life = o.old_life AND {origin_is_move}
), first_origins AS (
    SELECT * FROM origins AS o WHERE NOT EXISTS (SELECT 1 FROM moves AS m WHERE m.life = o.old_life AND {origin_is_move})
), rows_of_file AS (
    SELECT c.number, c.unlogged, {origin_key}, CASE WHEN f.life IS NULL THEN c.life ELSE f.old_life END AS origin_life
    FROM linked AS c LEFT JOIN first_origins AS f ON f.life = c.life AND {same_life}
    WHERE c.op NOT IN ('D', 'M')
), latest AS (
    SELECT max(number) AS number, {latest_values} FROM rows_of_file GROUP BY {origin_key_list}, origin_life
), filled AS (
    UPDATE {staging} AS s
    SET {assignments}, {unlogged} = nullif(array_remove(ARRAY[{missing}], NULL), ARRAY[]::text[])
    FROM latest AS l {values}
    WHERE s.{row} = l.number AND s.{unlogged} IS NOT NULL
    RETURNING s.{row} AS number, s.{unlogged} AS unlogged
)
SELECT number, unlogged[1], array_to_string(unlogged, ', ') FROM filled WHERE unlogged IS NOT NULL ORDER BY number LIMIT $1::bigint
