-- What the broker answered to orders. Column names are FIX terms in snake_case; the columns stand in the files'
-- order, the loader's own two come last. Names are unqualified: the table is made in the first schema of the
-- search_path.
--
-- No foreign keys: files of different tables arrive in no common order, so an execution may be here before its order
-- is. Relations are declared in the comments: "References table.column."

CREATE TABLE executions (
    exec_id bigint PRIMARY KEY,
    order_id bigint NOT NULL,
    cl_ord_id uuid NOT NULL,
    exec_type char(1) NOT NULL,
    ord_status char(1) NOT NULL,
    side char(1) NOT NULL,
    last_qty numeric(18, 8),
    last_px numeric(18, 8),
    last_mkt char(4),
    cum_qty numeric(18, 8) NOT NULL,
    leaves_qty numeric(18, 8) NOT NULL,
    avg_px numeric(18, 8) NOT NULL,
    aggressor_indicator boolean,
    exec_ref_id bigint,
    text varchar(400),
    transact_time timestamp NOT NULL,
    event_id bigint NOT NULL,
    delivery_id bigint NOT NULL
);
CREATE INDEX executions_event_id ON executions (event_id);

COMMENT ON TABLE executions IS 'Execution reports: what the broker answered to orders.';
COMMENT ON COLUMN executions.exec_id IS 'The execution report''s number (FIX tag 17, ExecID).';
COMMENT ON COLUMN executions.order_id IS 'The order that the report is about (FIX tag 37, OrderID). References orders.order_id.';
COMMENT ON COLUMN executions.cl_ord_id IS 'The identifier that the order had at that time (FIX tag 11, ClOrdID).';
COMMENT ON COLUMN executions.exec_type IS '0 new, 4 cancelled, 5 replaced, 8 rejected, C expired, F trade, G trade correct, H trade cancel (FIX tag 150, ExecType).';
COMMENT ON COLUMN executions.ord_status IS 'The order''s state after the report; values as in orders.ord_status (FIX tag 39, OrdStatus).';
COMMENT ON COLUMN executions.side IS '1 buy, 2 sell, 5 sell short (FIX tag 54, Side).';
COMMENT ON COLUMN executions.last_qty IS 'The quantity of this trade; 0 once it was cancelled or corrected by a later report; NULL when the report is no trade (FIX tag 32, LastQty).';
COMMENT ON COLUMN executions.last_px IS 'The price of this trade; NULL when the report is no trade (FIX tag 31, LastPx).';
COMMENT ON COLUMN executions.last_mkt IS 'The market of this trade, ISO 10383; NULL when the report is no trade (FIX tag 30, LastMkt).';
COMMENT ON COLUMN executions.cum_qty IS 'The quantity executed after this report (FIX tag 14, CumQty).';
COMMENT ON COLUMN executions.leaves_qty IS 'The quantity still open after this report (FIX tag 151, LeavesQty).';
COMMENT ON COLUMN executions.avg_px IS 'The average price after this report; 0 when nothing was executed (FIX tag 6, AvgPx).';
COMMENT ON COLUMN executions.aggressor_indicator IS 'Whether the order took liquidity; NULL when unknown or no trade (FIX tag 1057, AggressorIndicator).';
COMMENT ON COLUMN executions.exec_ref_id IS 'The trade that a trade cancel or trade correct is about; NULL for others (FIX tag 19, ExecRefID). References executions.exec_id.';
COMMENT ON COLUMN executions.text IS 'What the broker added, free text (FIX tag 58, Text).';
COMMENT ON COLUMN executions.transact_time IS 'When the report was made, UTC (FIX tag 60, TransactTime).';
COMMENT ON COLUMN executions.event_id IS 'Of the row''s last change: its place in the order of all changes over all tables.';
COMMENT ON COLUMN executions.delivery_id IS 'The delivery that made the row''s last change. References loader_deliveries.delivery_id.';
