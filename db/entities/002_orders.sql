-- The orders that strategies sent to the broker. Column names are FIX terms in snake_case; the columns stand in
-- the files' order, the loader's own two come last. Names are unqualified: the table is made in the first schema of
-- the search_path.
--
-- No foreign keys: files of different tables arrive in no common order, so an order may be here before its strategy
-- is. Relations are declared in the comments: "References table.column."
--
-- An order is updated about as often as executions come in for it. A fifth of each page is left free, so that the new
-- version of a row finds room on the page of the old one and an update writes one page of the table instead of two.

CREATE TABLE orders (
    order_id bigint PRIMARY KEY,
    cl_ord_id uuid NOT NULL,
    orig_cl_ord_id uuid,
    strategy_id integer NOT NULL,
    symbol varchar(24) NOT NULL,
    side char(1) NOT NULL,
    ord_type char(1) NOT NULL,
    time_in_force char(1) NOT NULL,
    ord_status char(1) NOT NULL,
    order_qty numeric(18, 8) NOT NULL,
    price numeric(18, 8),
    stop_px numeric(18, 8),
    cum_qty numeric(18, 8) NOT NULL,
    leaves_qty numeric(18, 8) NOT NULL,
    avg_px numeric(18, 8) NOT NULL,
    expire_date date,
    ord_rej_reason smallint,
    text varchar(400) NOT NULL,
    transact_time timestamp NOT NULL,
    event_id bigint NOT NULL,
    delivery_id bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX orders_event_id ON orders (event_id);

COMMENT ON TABLE orders IS 'The orders that strategies sent to the broker, in their latest state.';
COMMENT ON COLUMN orders.order_id IS 'The order''s number (FIX tag 37, OrderID).';
COMMENT ON COLUMN orders.cl_ord_id IS 'The identifier that the strategy gave; a replacement has a new one (FIX tag 11, ClOrdID).';
COMMENT ON COLUMN orders.orig_cl_ord_id IS 'The identifier before the last replacement; NULL when the order was never replaced (FIX tag 41, OrigClOrdID).';
COMMENT ON COLUMN orders.strategy_id IS 'The strategy that sent the order. References strategies.strategy_id.';
COMMENT ON COLUMN orders.symbol IS 'The instrument (FIX tag 55, Symbol).';
COMMENT ON COLUMN orders.side IS '1 buy, 2 sell, 5 sell short (FIX tag 54, Side).';
COMMENT ON COLUMN orders.ord_type IS '1 market, 2 limit, 3 stop, 4 stop limit (FIX tag 40, OrdType).';
COMMENT ON COLUMN orders.time_in_force IS '0 day, 1 good till cancelled, 3 immediate or cancel, 6 good till date (FIX tag 59, TimeInForce).';
COMMENT ON COLUMN orders.ord_status IS 'A pending new, 0 new, 1 partially filled, 2 filled, 4 cancelled, 8 rejected, C expired (FIX tag 39, OrdStatus).';
COMMENT ON COLUMN orders.order_qty IS 'The quantity ordered (FIX tag 38, OrderQty).';
COMMENT ON COLUMN orders.price IS 'The limit; NULL for an order without one (FIX tag 44, Price).';
COMMENT ON COLUMN orders.stop_px IS 'The price that triggers a stop order; NULL for others (FIX tag 99, StopPx).';
COMMENT ON COLUMN orders.cum_qty IS 'The quantity executed so far: the sum of the executions'' last_qty (FIX tag 14, CumQty).';
COMMENT ON COLUMN orders.leaves_qty IS 'The quantity still open: order_qty - cum_qty while the order lives, 0 when it is done (FIX tag 151, LeavesQty).';
COMMENT ON COLUMN orders.avg_px IS 'The average price of what was executed; 0 when nothing was (FIX tag 6, AvgPx).';
COMMENT ON COLUMN orders.expire_date IS 'The last day of an order that is good till date; NULL for others (FIX tag 432, ExpireDate).';
COMMENT ON COLUMN orders.ord_rej_reason IS 'Why the broker rejected the order; NULL when it did not (FIX tag 103, OrdRejReason).';
COMMENT ON COLUMN orders.text IS 'Remarks, free text; empty for most orders (FIX tag 58, Text).';
COMMENT ON COLUMN orders.transact_time IS 'When the order last changed, UTC (FIX tag 60, TransactTime).';
COMMENT ON COLUMN orders.event_id IS 'Of the row''s last change: its place in the order of all changes over all tables.';
COMMENT ON COLUMN orders.delivery_id IS 'The delivery that made the row''s last change. References loader_deliveries.delivery_id.';
