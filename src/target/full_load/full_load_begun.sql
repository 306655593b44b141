INSERT INTO {full_loads} (entity, key_columns, statements) VALUES ($1, $2::text[], $3::text[]) RETURNING started_at
