-- Drops the deletes of old keys under which another row already exists: one that an earlier row of the file moved there
-- before the previous row had been moved away. An insert or update (not of the key) shows that one row has the key, and
-- a delete that none has it; before the first of these the table shows it (keys_in_table.sql). From there on, each row
-- that is moved to the key adds one, and each that is moved away subtracts one. If the result is above 0 after a row
-- was moved away, the key is still in use.
DELETE FROM {staging} AS i
USING (
    SELECT parts.*,
           sum(CASE {op} WHEN 'M' THEN -1 WHEN 'D' THEN 0 ELSE 1 END) OVER (PARTITION BY {key}, "Loader: part" ORDER BY {row}) AS "Loader: present"
    FROM (SELECT moves.*,
                 count(*) FILTER (WHERE {op} = 'D' OR {op} <> 'M' AND NOT "Loader: moved here")
                     OVER (PARTITION BY {key} ORDER BY {row}) AS "Loader: part"
          FROM (SELECT *, coalesce(lag({op}) OVER (ORDER BY {row}) = 'M', false) AS "Loader: moved here" FROM {staging}) AS moves
         ) AS parts
) AS last
WHERE i.{row} = last.{row} AND last.{op} = 'M'
  AND last."Loader: present" + CASE WHEN last."Loader: part" = 0 AND EXISTS (SELECT FROM pg_temp.keys_in_table AS present WHERE {same_key}) THEN 1 ELSE 0 END > 0
