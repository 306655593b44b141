SELECT current_user, current_database(), has_schema_privilege($1::text, 'CREATE'), has_schema_privilege($1::text, 'USAGE'),
       has_database_privilege(current_database(), 'TEMPORARY'),
       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
       inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1',
       current_setting('server_version'),
       extract(epoch FROM clock_timestamp())::float8
