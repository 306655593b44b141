-- The load that began at $2 is still under way, and stays so until this transaction ends: whoever puts the table in order
-- takes this row out first.
SELECT FROM {full_loads} WHERE entity = $1 AND started_at = $2::timestamptz FOR KEY SHARE
