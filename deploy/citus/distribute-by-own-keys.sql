-- Distributes the shipped tables by their own keys, so that nothing about them changes. Each worker has a copy of the small
-- table. Joins of orders and executions move rows between workers.
-- 4 shards: 2 for each of 2 workers. Each delivery takes time per shard (docs/citus.md).
SET citus.shard_count = 4;
SELECT create_distributed_table('orders', 'order_id', colocate_with => 'none');
SELECT create_distributed_table('executions', 'exec_id', colocate_with => 'none');
SELECT create_reference_table('strategies');
