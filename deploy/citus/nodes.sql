-- Joins the nodes of compose.yaml. Shards are on the workers only.
SELECT citus_set_coordinator_host('coordinator');
SELECT citus_add_node('worker-1', 5432);
SELECT citus_add_node('worker-2', 5432);
SELECT citus_set_node_property('coordinator', 5432, 'shouldhaveshards', false);
