-- What a good engineer would write to apply a file of changes by hand: one transaction, the last row per key, deletions,
-- then an upsert. It neither counts nor compares. psql reads the rows from its standard input.
BEGIN;
CREATE TEMPORARY TABLE incoming (
    place bigint GENERATED ALWAYS AS IDENTITY,
    op char(1),
    LIKE executions
) ON COMMIT DROP;
\copy incoming (op, exec_id, order_id, cl_ord_id, exec_type, ord_status, side, last_qty, last_px, last_mkt, cum_qty, leaves_qty, avg_px, aggressor_indicator, exec_ref_id, text, transact_time) FROM pstdin (FORMAT csv)
CREATE TEMPORARY TABLE last_of_key ON COMMIT DROP AS
    SELECT DISTINCT ON (exec_id) * FROM incoming ORDER BY exec_id, place DESC;
DELETE FROM executions USING last_of_key
    WHERE executions.exec_id = last_of_key.exec_id AND last_of_key.op = 'D';
INSERT INTO executions
    SELECT exec_id, order_id, cl_ord_id, exec_type, ord_status, side, last_qty, last_px, last_mkt, cum_qty, leaves_qty,
           avg_px, aggressor_indicator, exec_ref_id, text, transact_time
    FROM last_of_key WHERE op <> 'D'
    ON CONFLICT (exec_id) DO UPDATE SET
        order_id = excluded.order_id, cl_ord_id = excluded.cl_ord_id, exec_type = excluded.exec_type,
        ord_status = excluded.ord_status, side = excluded.side, last_qty = excluded.last_qty,
        last_px = excluded.last_px, last_mkt = excluded.last_mkt, cum_qty = excluded.cum_qty,
        leaves_qty = excluded.leaves_qty, avg_px = excluded.avg_px,
        aggressor_indicator = excluded.aggressor_indicator, exec_ref_id = excluded.exec_ref_id,
        text = excluded.text, transact_time = excluded.transact_time;
COMMIT;
