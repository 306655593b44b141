-- Rows that share a unique value with a staged one: the final state may refuse one of the two.
SELECT {key} FROM {base} WHERE ({values}) IN (SELECT {values} FROM {staging})
