-- After the commit of deliveries: consumers may read up to here. In a separate transaction, because on Citus the
-- coordinator's part of a transaction is visible before the workers' parts. If the server crashes, an older event_id
-- remains, which is still correct: so the commit doesn't wait for the disk. $1: this loader's epoch.
UPDATE {state} SET visible_event_id = last_event_id
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS transaction
WHERE writer_epoch = $1::bigint AND visible_event_id <> last_event_id
