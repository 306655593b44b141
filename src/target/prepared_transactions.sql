-- On Citus: workers that have not finished their part of a transaction of this role, or that don't respond. Citus
-- finishes such transactions within citus.recover_2pc_interval; recover_prepared_transactions() does so immediately, but
-- requires a privilege.
SELECT nodename || ':' || nodeport, success, has_function_privilege('pg_catalog.recover_prepared_transactions()', 'EXECUTE')
FROM pg_catalog.run_command_on_workers(
    'SELECT count(*) FROM pg_catalog.pg_prepared_xacts WHERE gid LIKE ''citus\_%'' AND owner = current_user AND database = current_database()')
WHERE NOT success OR result <> '0'
ORDER BY 1 LIMIT 1
