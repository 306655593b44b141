-- Every row that the table lacks, has in addition, or has with other values.
ANALYZE {expected};
CREATE TEMPORARY TABLE verify_differences AS
SELECT 'missing' AS what, jsonb_build_object({key_json_e}) AS key, '[]'::json AS columns
FROM {expected} e WHERE NOT EXISTS (SELECT FROM {table} t WHERE {same_key})
UNION ALL
SELECT 'extra', jsonb_build_object({key_json_t}), '[]'::json
FROM {table} t WHERE NOT EXISTS (SELECT FROM {expected} e WHERE {same_key})
UNION ALL
SELECT 'different', jsonb_build_object({key_json_t}), {differing}
FROM {table} t JOIN {expected} e ON {same_key} WHERE {differs};
