-- Tables that are held: nothing more is loaded into them until the cause is gone, while the others are loaded.

CREATE TABLE loader_holds (
    entity text PRIMARY KEY,
    object_key text NOT NULL,
    etag text NOT NULL,
    reason text NOT NULL,
    hint text NOT NULL,
    exit_code integer NOT NULL,
    may_pass boolean NOT NULL,
    waits_for_lock boolean NOT NULL,
    in_order boolean NOT NULL,
    tries bigint NOT NULL,
    held_since timestamptz NOT NULL,
    next_try timestamptz NOT NULL
);
COMMENT ON TABLE loader_holds IS 'Tables into which nothing more is loaded, and why. A row goes when its cause is gone.';
COMMENT ON COLUMN loader_holds.entity IS 'The table; of transaction files their folder, as cdc/.';
COMMENT ON COLUMN loader_holds.object_key IS 'The object, relative to bucket_path; empty: the table itself is the cause.';
COMMENT ON COLUMN loader_holds.etag IS 'The object''s ETag: with another one it is tried at once. Empty: each listing finds the cause again.';
COMMENT ON COLUMN loader_holds.reason IS 'What is wrong, without values of the file''s rows.';
COMMENT ON COLUMN loader_holds.hint IS 'What to do.';
COMMENT ON COLUMN loader_holds.exit_code IS 'The exit code of a loader that runs once.';
COMMENT ON COLUMN loader_holds.may_pass IS 'Whether the cause may pass by itself.';
COMMENT ON COLUMN loader_holds.waits_for_lock IS 'Whether another session locks the table.';
COMMENT ON COLUMN loader_holds.in_order IS 'Whether the object is simply the next one, so that each listing finds it.';
COMMENT ON COLUMN loader_holds.tries IS 'How often its delivery has failed for this reason.';
COMMENT ON COLUMN loader_holds.held_since IS 'When it failed first.';
COMMENT ON COLUMN loader_holds.next_try IS 'When it is tried next, if nothing changes before.';
