-- Not a migration itself: it must exist before the first migration can be recorded. Created in the same
-- transaction.
CREATE TABLE IF NOT EXISTS {migrations} (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    version text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE {migrations} IS 'The SQL files that made this target, with the checksum each was applied with.';
COMMENT ON COLUMN {migrations}.name IS 'The file: loader/... or entities/....';
COMMENT ON COLUMN {migrations}.checksum IS 'SHA-256 of the file, hexadecimal.';
COMMENT ON COLUMN {migrations}.version IS 'The version of the loader that applied it.';
COMMENT ON COLUMN {migrations}.applied_at IS 'When it was applied.';
