-- Rows that are in none of a reload's files are found by reading the whole table, for which a hash join is best.
-- session.sql has disabled it. Without statistics the planner would assume that the temporary table is small.
ANALYZE pg_temp.reload_keys

