-- A column that was added before and dropped since is added again.
INSERT INTO {added_columns} AS a (entity, column_name, delivery_id) VALUES ($1, $2, $3::bigint)
ON CONFLICT (entity, column_name) DO UPDATE SET delivery_id = excluded.delivery_id
