-- Nullable and without a default, so the server doesn't rewrite the table.
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {type}
