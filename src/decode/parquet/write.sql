COPY (
  SELECT * FROM read_csv({csv}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"',
    new_line = '\n', nullstr = {null}, allow_quoted_nulls = false, columns = {columns})
) TO {parquet} (FORMAT parquet, COMPRESSION snappy)
