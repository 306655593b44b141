-- Of a staging table, whose values all fit.
ALTER TABLE {table} ALTER COLUMN {column} TYPE {type} USING {value}
