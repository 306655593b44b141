-- The session that gives the sign of life for the session $1. The lock says so to others; it is shared, so that a
-- session that has replaced another doesn't wait for the server to notice the first one's end.
SELECT pg_try_advisory_lock_shared(hashtext('paper-engine-orders heartbeat'), $1::integer),
       set_config('statement_timeout', '0', false),
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '60000', false)
