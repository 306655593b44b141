-- What none of a reload's files holds is found by reading the whole table, which is what a hash join is for.
ANALYZE pg_temp.reload_keys;
SET LOCAL enable_hashjoin = on
