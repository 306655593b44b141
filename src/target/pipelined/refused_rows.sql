, others AS MATERIALIZED (
    SELECT last.{row}, last.{delivery} FROM {table} AS t JOIN last ON {same_source_key} AND NOT ({same_key})
), several AS MATERIALIZED (
    SELECT max({row}) AS {row}, max({delivery}) AS {delivery} FROM last GROUP BY {source_key} HAVING count(*) > 1
)