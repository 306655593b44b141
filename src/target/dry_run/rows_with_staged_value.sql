-- Rows of the table that share a unique value with a staging row: the constraint may refuse one of the two.
SELECT {key} FROM {base} WHERE ({values}) IN (SELECT {values} FROM {staging})
