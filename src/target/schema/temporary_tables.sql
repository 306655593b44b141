-- The temporary tables of the session.
SELECT relname FROM pg_class
WHERE relnamespace = pg_my_temp_schema() AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY relname
