-- Which tables a file of ENTITIES created, so that one that it no longer creates, for example after a rename, can be reported and
-- dropped.

ALTER TABLE loader_migrations ADD COLUMN tables text[];
COMMENT ON COLUMN loader_migrations.tables IS 'The tables that the file created; NULL: the loader''s own file, or one that an earlier version applied.';
