-- How many rows the table would have by now.
SELECT (SELECT count(*) FROM {overlay})
       + (SELECT count(*) FROM {table} AS t
          WHERE NOT EXISTS (SELECT FROM {overlay} AS o WHERE {same_key_o})
            AND NOT EXISTS (SELECT FROM {removed} AS r WHERE {same_key_r}))
