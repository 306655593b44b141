-- Without NULLs: no row of the table has such a key, and the table of touched keys would refuse it before the
-- entity's own constraint does.
SELECT DISTINCT {key} FROM {staging} WHERE ({key}) IS NOT NULL
