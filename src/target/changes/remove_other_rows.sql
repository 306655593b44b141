-- For each source key only the delivery's last row is kept, as other_rows.sql chooses it. Other rows of the delivery become
-- deletes, and for those of the table deletes are added, numbered from $1 + 1. Returns how many were added.
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON ({source_key}) {key} FROM {staging} WHERE {op} <> 'M' ORDER BY {source_key}, {row} DESC
), earlier AS (
    UPDATE {staging} AS t SET {op} = 'D' FROM last
    WHERE {same_source_key} AND NOT ({same_key}) AND {op} NOT IN ('D', 'M')
), added AS (
    INSERT INTO {staging} ({row}, {op}, {key})
    SELECT $1::bigint + row_number() OVER (ORDER BY {table_key}), 'D', {table_key} FROM pg_temp.other_rows AS t
    WHERE NOT EXISTS (SELECT FROM {staging} AS last WHERE {same_key})
    RETURNING true
)
SELECT count(*) FROM added
