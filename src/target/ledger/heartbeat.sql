-- The heartbeat itself: others see its time in pg_stat_activity.
SELECT writer_epoch = $1::bigint FROM {state}
