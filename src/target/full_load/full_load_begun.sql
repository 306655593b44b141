-- started_at distinguishes this load from a later one of the same table, for full_load_goes_on.sql.
INSERT INTO {full_loads} (entity, key_columns, statements) VALUES ($1, $2::text[], $3::text[]) RETURNING started_at
