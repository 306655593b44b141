-- Run by follow.sh against the copy: the last event that it has seen, and the most events of a step. There is no limit where a table
-- has unique values besides its key. They may change hands: the row that has the value now may be in this step, and the one that had
-- it in the next, if that one changed again. Only a step up to the last event surely brings both. Steps are large, because
-- each starts psql twice.
SELECT last_event_id,
       CASE WHEN EXISTS (SELECT
                         FROM pg_index i
                         JOIN pg_class c ON c.oid = i.indrelid
                         WHERE c.relnamespace = current_schema()::regnamespace
                           AND (i.indisunique OR i.indisexclusion) AND NOT i.indisprimary)
            THEN 'ALL' ELSE '500000' END AS step
FROM follow_state;
