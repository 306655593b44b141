-- Which tables an entity's file created, so that one that it names no more, as after a rename, can be named and dropped.

ALTER TABLE loader_migrations ADD COLUMN tables text[];
COMMENT ON COLUMN loader_migrations.tables IS 'The tables that the file created; NULL: the loader''s own file, or one that an earlier version applied.';
