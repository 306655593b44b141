-- The number of rows in the footer, and of column chunks whose number of values contradicts it.
SELECT (SELECT CAST(sum(num_rows) AS VARCHAR) FROM parquet_file_metadata({file})),
  (SELECT CAST(count(*) AS VARCHAR) FROM parquet_metadata({file}) WHERE num_values <> row_group_num_rows)
