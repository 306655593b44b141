-- Asserts that this loader has not lost the target. SHARE, so that a loader that takes over waits for this
-- transaction.
SELECT FROM {state} WHERE writer_epoch = $1::bigint FOR SHARE
