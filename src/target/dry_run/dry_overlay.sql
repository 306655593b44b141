-- What the dry run has predicted for one table so far: rows it would have written, keys it would have removed. Both
-- carry the table's constraints, so that what the table would refuse is refused here too.
CREATE TEMPORARY TABLE {overlay} (LIKE {table} INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY, PRIMARY KEY ({key}));
CREATE TEMPORARY TABLE {removed} AS SELECT {key} FROM {table} WITH NO DATA;
ALTER TABLE {removed} ADD PRIMARY KEY ({key});
