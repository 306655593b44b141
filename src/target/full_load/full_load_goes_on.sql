-- Asserts that the load that began at $2 is still active, and keeps it so until this transaction ends: a
-- loader that recovers the table deletes this row first, and must wait for the lock. KEY SHARE, because
-- several connections hold it at a time.
SELECT FROM {full_loads} WHERE entity = $1 AND started_at = $2::timestamptz FOR KEY SHARE
