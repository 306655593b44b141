, present AS MATERIALIZED (
    SELECT {table_key} FROM {table} AS t JOIN last ON {same_key}
)