-- Rows that none of a reload's files holds are found by reading the whole table, which is what a hash join is
-- for. session.sql has switched it off. Without statistics the planner would take the temporary table for a
-- small one.
ANALYZE pg_temp.reload_keys

