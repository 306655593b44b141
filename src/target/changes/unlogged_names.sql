-- The columns that some row of the delivery has no value for.
SELECT DISTINCT name FROM {staging}, unnest({unlogged}) AS name ORDER BY 1
