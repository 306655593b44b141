-- Distributes orders and executions by order, so that an order and its executions are on one worker and joins need no
-- network. The primary key of executions must then contain order_id. AWS DMS's deletes carry only exec_id: the comment
-- tells that it identifies the row.
ALTER TABLE executions DROP CONSTRAINT executions_pkey, ADD PRIMARY KEY (exec_id, order_id);
COMMENT ON TABLE executions IS 'Execution reports: what the broker answered to orders. Source key: exec_id.';
-- 4 shards: 2 for each of 2 workers. Each delivery takes time per shard (docs/citus.md).
SET citus.shard_count = 4;
SELECT create_distributed_table('orders', 'order_id', colocate_with => 'none');
SELECT create_distributed_table('executions', 'order_id', colocate_with => 'orders');
SELECT create_reference_table('strategies');
