-- For each source key only the delivery's last row is kept (other_rows.sql). Its other rows become deletes, and for those of
-- the table deletes are added, numbered from $1 + 1. Returns how many were added.
WITH earlier AS (
    UPDATE {staging} AS t SET {op} = 'D' FROM pg_temp.last_keys AS last
    WHERE {same_source_key} AND NOT ({same_key}) AND {op} NOT IN ('D', 'M')
), added AS (
    INSERT INTO {staging} ({row}, {op}, {key})
    SELECT $1::bigint + row_number() OVER (ORDER BY {table_key}), 'D', {table_key} FROM pg_temp.other_rows AS t
    WHERE NOT EXISTS (SELECT FROM {staging} AS last WHERE {same_key})
    RETURNING true
)
SELECT count(*) FROM added
