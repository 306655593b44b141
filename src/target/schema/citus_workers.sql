-- The workers of a Citus cluster: their names, whether they answer, and their max_prepared_transactions, or why they don't.
SELECT nodename || ':' || nodeport, success, result
FROM pg_catalog.run_command_on_workers('SHOW max_prepared_transactions')
ORDER BY 1
