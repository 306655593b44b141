-- Marks this session as one that belongs to session $1. The lock shows that to others. It is shared, so that
-- a heartbeat that reconnects doesn't wait until the server notices the end of the old one. The settings: as
-- in session.sql.
SELECT pg_try_advisory_lock_shared(hashtext('paper-engine-orders heartbeat'), $1::integer),
       set_config('statement_timeout', '0', false),
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '60000', false)
