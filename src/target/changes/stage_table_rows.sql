-- The table's rows under the delivery's keys, as rows that precede the delivery's: their numbers are negative.
INSERT INTO {staging} ({row}, {op}, {columns})
SELECT -row_number() OVER (), 'I', {table_columns}
FROM (SELECT DISTINCT {key} FROM {staging}) AS k JOIN {table} AS t ON {same_key}
