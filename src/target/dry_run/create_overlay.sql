-- Takes the place of an entity's table, with its columns and constraints, so that what the table would refuse
-- is refused here too. It has the rows that deliveries have touched. A second table has the keys of all
-- rows that were copied, because a row that is deleted from the overlay must not be copied again.
CREATE TEMPORARY TABLE {name} (LIKE {base} INCLUDING ALL EXCLUDING COMMENTS EXCLUDING STATISTICS);
CREATE TEMPORARY TABLE {touched} AS SELECT {key} FROM {base} WITH NO DATA;
ALTER TABLE {touched} ADD PRIMARY KEY ({key})
