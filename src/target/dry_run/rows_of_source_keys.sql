-- Rows of the table that a staging row with only the source's key may concern.
SELECT {table_key} FROM {base} AS t JOIN (SELECT DISTINCT {source_key} FROM {staging}) AS k ON {same_source_key}
