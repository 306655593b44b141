-- Statements that drop the overlay's indexes that aren't unique: they would only cost time.
SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
WHERE indrelid = $1::regclass AND NOT indisunique AND NOT indisexclusion
