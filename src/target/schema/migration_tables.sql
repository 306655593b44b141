-- The tables $2 that the migration $1 created.
UPDATE {migrations} SET tables = $2 WHERE name = $1
