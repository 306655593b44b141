-- Takes the place of an entity's table: of its shape and constraints, so that what the table would refuse is refused here too.
-- Its rows are those that deliveries have touched; their keys, as the table has them, are in a table beside it.
CREATE TEMPORARY TABLE {name} (LIKE {base} INCLUDING ALL EXCLUDING COMMENTS EXCLUDING STATISTICS);
CREATE TEMPORARY TABLE {touched} AS SELECT {key} FROM {base} WITH NO DATA;
ALTER TABLE {touched} ADD PRIMARY KEY ({key})
