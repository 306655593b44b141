-- Rows of the table that share a unique value with a staging row: the constraint may refuse one of the two.
SELECT {key} FROM (SELECT {key}, {values} FROM {base}) AS t
WHERE EXISTS (SELECT FROM (SELECT {values} FROM {staging}) AS s WHERE {same_values})
