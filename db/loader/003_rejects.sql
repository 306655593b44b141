-- What stands in the column that was refused, for whoever looks through the rows that were set aside.

ALTER TABLE loader_rejects ADD COLUMN value text;
COMMENT ON COLUMN loader_rejects.value IS 'What stands in that column, shortened.';
COMMENT ON COLUMN loader_rejects.raw IS 'The row''s bytes as they stand in the file, its first 64 KiB.';
COMMENT ON COLUMN loader_rejects.sqlstate IS 'PostgreSQL''s error code, where it refused the row or would have.';
