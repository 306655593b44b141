-- What of each entity isn't in its table (incomplete_files.sql): quarantined files, and rejected rows of files
-- that are loaded.
SELECT l.entity, count(*) FILTER (WHERE l.status = 'quarantined'), coalesce(sum(l.rejected), 0)
FROM ({incomplete}) AS l
GROUP BY l.entity
