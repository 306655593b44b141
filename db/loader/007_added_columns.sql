-- Columns that SCHEMA_DRIFT=add has added, and since when: a file without a header that was loaded before has no field for them.

CREATE TABLE loader_added_columns (
    entity text NOT NULL,
    column_name text NOT NULL,
    delivery_id bigint NOT NULL,
    PRIMARY KEY (entity, column_name)
);
COMMENT ON TABLE loader_added_columns IS 'Columns that the loader has added to entity tables (SCHEMA_DRIFT=add).';
COMMENT ON COLUMN loader_added_columns.entity IS 'The table that has the column.';
COMMENT ON COLUMN loader_added_columns.column_name IS 'The column.';
COMMENT ON COLUMN loader_added_columns.delivery_id IS 'The delivery whose file was the first to have the column.';
