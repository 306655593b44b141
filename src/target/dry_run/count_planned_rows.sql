-- How many rows the table would have by now.
SELECT (SELECT count(*) FROM {overlay})
       + (SELECT count(*) FROM {base} AS t WHERE NOT EXISTS (SELECT FROM {touched} AS k WHERE {same_key}))
