-- Marks this session as one that belongs to session $1. The lock shows that to others. It is shared, so that
-- a heartbeat that reconnects doesn't wait until the server notices the end of the old one.
SELECT pg_try_advisory_lock_shared(hashtext('paper-engine-orders heartbeat'), $1::integer)
