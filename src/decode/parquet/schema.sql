-- The columns of the file; the first row is the root of the schema.
SELECT CAST(name AS VARCHAR),
  CAST(coalesce(num_children, 0) <> 0 OR repetition_type = 'REPEATED' AS VARCHAR),
  CAST(coalesce(precision, 0) > 38 AS VARCHAR),
  coalesce(CAST(precision AS VARCHAR) || ',' || CAST(coalesce(scale, 0) AS VARCHAR), '')
FROM parquet_schema({file})
