-- Rows of the table that conflict with a staging row: the constraint may refuse one of the two.
SELECT {key} FROM (SELECT {key}, {values} FROM {base}) AS t
JOIN (SELECT {values} FROM {staging}) AS s ON {same_values}
