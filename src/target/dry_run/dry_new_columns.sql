-- Stands in for a table that will have got columns.
CREATE TEMPORARY VIEW {view} AS SELECT *, {columns} FROM {base}
