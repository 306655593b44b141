-- The loader that wrote before has lost the target from here on. Waits for its transaction, which holds the row
-- (writer_epoch.sql).
UPDATE {state} SET writer_epoch = writer_epoch + 1
