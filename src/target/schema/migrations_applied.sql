-- to_jsonb, because the column "tables" is missing in a target of an earlier version.
SELECT name, checksum, to_jsonb(m) ->> 'tables' FROM {migrations} m
