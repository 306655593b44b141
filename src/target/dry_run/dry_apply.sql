-- Predicts what the incoming rows would do, and remembers it in the overlay.
-- $1: the event_id before the file's first row; $2: the delivery_id.
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON ({key}) * FROM {staging} ORDER BY {key}, {row} DESC
), seen AS MATERIALIZED (
    SELECT last.*,
           EXISTS (SELECT FROM {overlay} o WHERE {same_key_o}) AS in_overlay,
           EXISTS (SELECT FROM {table} t WHERE {same_key_t})
               AND NOT EXISTS (SELECT FROM {removed} r WHERE {same_key_r}) AS in_table,
           EXISTS (SELECT FROM {overlay} t WHERE {same_key_t} AND {differs}) AS differs_overlay,
           EXISTS (SELECT FROM {table} t WHERE {same_key_t} AND {differs}) AS differs_table
    FROM last
), effects AS MATERIALIZED (
    SELECT seen.*,
           CASE WHEN {op} IN ('D', 'M') THEN CASE WHEN in_overlay OR in_table THEN 'R' END
                WHEN NOT in_overlay AND NOT in_table THEN 'C'
                WHEN CASE WHEN in_overlay THEN differs_overlay ELSE differs_table END THEN 'A'
           END AS effect
    FROM seen
), gone AS (
    DELETE FROM {overlay} AS o USING effects AS last WHERE last.effect = 'R' AND {same_key_o}
), removals AS (
    INSERT INTO {removed} ({key}) SELECT {key} FROM effects WHERE effect = 'R' ON CONFLICT DO NOTHING
), upserted AS (
    INSERT INTO {overlay} AS t ({columns}, event_id, delivery_id)
    OVERRIDING SYSTEM VALUE
    SELECT {columns}, $1::bigint + {row}, $2::bigint FROM effects WHERE effect IN ('C', 'A')
    ON CONFLICT ({key}) DO UPDATE SET {assignments}
)
SELECT count(*) FILTER (WHERE effect = 'C'), count(*) FILTER (WHERE effect = 'A'), count(*) FILTER (WHERE effect = 'R'),
       max($1::bigint + {row}) FILTER (WHERE effect IS NOT NULL)
FROM effects
