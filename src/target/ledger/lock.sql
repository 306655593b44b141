-- One writer for each target schema. The lock lasts as long as the transaction, which stays open: the end of the
-- session releases the lock.
LOCK TABLE {writer} IN EXCLUSIVE MODE NOWAIT
