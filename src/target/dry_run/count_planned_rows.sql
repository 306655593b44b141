-- How many rows the table would have: those of the overlay, and those of the table that were never copied
-- there.
SELECT (SELECT count(*) FROM {overlay}) + (SELECT count(*) FROM {base})
       - (SELECT count(*) FROM {base} AS t JOIN (SELECT * FROM {touched}) AS k ON {same_key})
