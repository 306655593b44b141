-- One writer for each target schema. The lock lasts as long as the transaction, which stays open: if the
-- session ends, the lock is gone with it.
LOCK TABLE {writer} IN EXCLUSIVE MODE NOWAIT
