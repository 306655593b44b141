-- The privileges of $3 that the role lacks on the table $2 of the schema $1; and whether row-level security applies to the
-- role there, even if a policy allows every row.
SELECT string_agg(needed, ', ' ORDER BY place), row_security_active(format('%I.%I', $1::text, $2::text)::regclass)
FROM unnest(string_to_array($3::text, ',')) WITH ORDINALITY AS n (needed, place)
WHERE NOT has_table_privilege(format('%I.%I', $1::text, $2::text)::regclass, needed)
