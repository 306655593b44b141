-- What a good engineer would write to apply a file of changes by hand: one transaction, the last row per key, deletions,
-- then an upsert. It neither counts nor compares. psql reads the rows from its standard input.
-- With -v own_columns=1 the table has the loader's columns: each row gets the next event_id.
\if :{?own_columns}
    \set names ', event_id, delivery_id'
    \set values ', :last_event + place, 0'
    \set assignments ', event_id = excluded.event_id, delivery_id = excluded.delivery_id'
    SELECT coalesce(max(event_id), 0) AS last_event FROM executions \gset
\else
    \set names ''
    \set values ''
    \set assignments ''
\endif
BEGIN;
CREATE TEMPORARY TABLE incoming (
    place bigint GENERATED ALWAYS AS IDENTITY,
    op char(1),
    LIKE executions
) ON COMMIT DROP;
\if :{?own_columns}
    ALTER TABLE incoming DROP COLUMN event_id, DROP COLUMN delivery_id;
\endif
\copy incoming (op, exec_id, order_id, cl_ord_id, exec_type, ord_status, side, last_qty, last_px, last_mkt, cum_qty, leaves_qty, avg_px, aggressor_indicator, exec_ref_id, text, transact_time) FROM pstdin (FORMAT csv)
CREATE TEMPORARY TABLE last_of_key ON COMMIT DROP AS
    SELECT DISTINCT ON (exec_id) * FROM incoming ORDER BY exec_id, place DESC;
DELETE FROM executions USING last_of_key
    WHERE executions.exec_id = last_of_key.exec_id AND last_of_key.op = 'D';
INSERT INTO executions (exec_id, order_id, cl_ord_id, exec_type, ord_status, side, last_qty, last_px, last_mkt, cum_qty, leaves_qty,
                        avg_px, aggressor_indicator, exec_ref_id, text, transact_time :names)
    SELECT exec_id, order_id, cl_ord_id, exec_type, ord_status, side, last_qty, last_px, last_mkt, cum_qty, leaves_qty,
           avg_px, aggressor_indicator, exec_ref_id, text, transact_time :values
    FROM last_of_key WHERE op <> 'D'
    ON CONFLICT (exec_id) DO UPDATE SET
        order_id = excluded.order_id, cl_ord_id = excluded.cl_ord_id, exec_type = excluded.exec_type,
        ord_status = excluded.ord_status, side = excluded.side, last_qty = excluded.last_qty,
        last_px = excluded.last_px, last_mkt = excluded.last_mkt, cum_qty = excluded.cum_qty,
        leaves_qty = excluded.leaves_qty, avg_px = excluded.avg_px,
        aggressor_indicator = excluded.aggressor_indicator, exec_ref_id = excluded.exec_ref_id,
        text = excluded.text, transact_time = excluded.transact_time :assignments;
COMMIT;
