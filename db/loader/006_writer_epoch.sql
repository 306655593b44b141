-- Which loader writes.

ALTER TABLE loader_state ADD COLUMN writer_epoch bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN loader_state.writer_epoch IS 'One more each time that a loader takes the target. A transaction of the loader before fails from then on.';
