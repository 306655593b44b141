-- What drops the overlay's indexes that keep no rows apart: they would only cost time.
SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
WHERE indrelid = $1::regclass AND NOT indisunique AND NOT indisexclusion
