-- Before a file is applied: the keys that it updates although no row has them. Where a key changes and no
-- before-image has the old one, this is the only trace of it in the files.
INSERT INTO pg_temp.verify_doubtful
SELECT jsonb_build_object({key_json})
FROM (SELECT DISTINCT ON ({key}) *
      FROM (SELECT *, coalesce(lag({op}) OVER (ORDER BY {row}) = 'M', false) AS "Loader: moved here" FROM {staging}) AS rows_of_file
      ORDER BY {key}, {row}) AS first
WHERE {op} = 'U' AND NOT "Loader: moved here" AND NOT EXISTS (SELECT FROM {expected} AS e WHERE {same_key})
