-- By to_jsonb, because a target of an earlier version has no column tables.
SELECT name, checksum, to_jsonb(m) ->> 'tables' FROM {migrations} m
