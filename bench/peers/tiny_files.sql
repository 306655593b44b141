-- Many small files by the server alone: the rows of all files are in a table already, and a procedure applies them file by file,
-- each in a transaction of its own with a row of bookkeeping. The table has the loader's columns.
CREATE TABLE deliveries (file integer PRIMARY KEY, rows bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE incoming (file integer, place bigint GENERATED ALWAYS AS IDENTITY, op char(1), LIKE executions);
ALTER TABLE incoming DROP COLUMN event_id, DROP COLUMN delivery_id;
CREATE INDEX ON incoming (file);

CREATE PROCEDURE apply_files(files integer) LANGUAGE plpgsql AS $$
DECLARE
    last_event bigint := (SELECT coalesce(max(event_id), 0) FROM executions);
BEGIN
    FOR number IN 1 .. files LOOP
        DELETE FROM executions USING (
            SELECT DISTINCT ON (exec_id) exec_id, op FROM incoming WHERE file = number ORDER BY exec_id, place DESC
        ) AS last_of_key
            WHERE executions.exec_id = last_of_key.exec_id AND last_of_key.op = 'D';
        INSERT INTO executions
            SELECT exec_id, order_id, cl_ord_id, exec_type, ord_status, side, last_qty, last_px, last_mkt, cum_qty, leaves_qty,
                   avg_px, aggressor_indicator, exec_ref_id, text, transact_time, last_event + place, number
            FROM (
                SELECT DISTINCT ON (exec_id) * FROM incoming WHERE file = number ORDER BY exec_id, place DESC
            ) AS last_of_key WHERE op <> 'D'
            ON CONFLICT (exec_id) DO UPDATE SET
                order_id = excluded.order_id, cl_ord_id = excluded.cl_ord_id, exec_type = excluded.exec_type,
                ord_status = excluded.ord_status, side = excluded.side, last_qty = excluded.last_qty,
                last_px = excluded.last_px, last_mkt = excluded.last_mkt, cum_qty = excluded.cum_qty,
                leaves_qty = excluded.leaves_qty, avg_px = excluded.avg_px,
                aggressor_indicator = excluded.aggressor_indicator, exec_ref_id = excluded.exec_ref_id,
                text = excluded.text, transact_time = excluded.transact_time,
                event_id = excluded.event_id, delivery_id = excluded.delivery_id;
        INSERT INTO deliveries (file, rows) SELECT number, count(*) FROM incoming WHERE file = number;
        COMMIT;
    END LOOP;
END $$;
