-- Records deliveries whose row changes are known, in the transaction that made them. $26 to $31: arrays with
-- one element per delivery.
WITH files AS (
    {files}
), effects AS (
    SELECT $2::bigint - 1 + place AS delivery_id, e.*
    FROM unnest($26::bigint[], $27::bigint[], $28::bigint[], $29::bigint[], $30::float8[], $31::text[]) WITH ORDINALITY
        AS e (created, amended, removed, max_event_id, seconds, text, place)
), {record}
