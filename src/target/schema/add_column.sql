-- Nullable and without a default, so the server doesn't rewrite the table. text takes whatever later files
-- hold.
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} text
