-- Is there a relation of this name in the schema (or, for a NULL schema, among the session's temporary ones)?
SELECT EXISTS (
    SELECT FROM pg_class
    WHERE relname = $2
      AND relnamespace = CASE WHEN $1::text IS NULL THEN pg_my_temp_schema()
                              ELSE (SELECT oid FROM pg_namespace WHERE nspname = $1) END)
