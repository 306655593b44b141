-- What the role may not do with a table of the schema $1 ($2: its name), of what the loader needs; and whether
-- row-level security would apply to it, also where a policy lets every row through.
SELECT string_agg(needed, ', ' ORDER BY place), row_security_active(format('%I.%I', $1::text, $2::text)::regclass)
FROM unnest(string_to_array($3::text, ',')) WITH ORDINALITY AS n (needed, place)
WHERE NOT has_table_privilege(format('%I.%I', $1::text, $2::text)::regclass, needed)
