-- The trading strategies. Column names are FIX terms in snake_case; the columns stand in the files' order, the
-- loader's own two come last. Names are unqualified: the table is made in the first schema of the search_path.

CREATE TABLE strategies (
    strategy_id integer PRIMARY KEY,
    strategy_uuid uuid NOT NULL,
    strategy_name varchar(64) NOT NULL,
    account varchar(32) NOT NULL,
    currency char(3) NOT NULL,
    target_strategy_parameters varchar(400) NOT NULL,
    is_active boolean NOT NULL,
    start_date date NOT NULL,
    text text,
    transact_time timestamp NOT NULL,
    event_id bigint NOT NULL,
    delivery_id bigint NOT NULL
);
CREATE INDEX strategies_event_id ON strategies (event_id);

COMMENT ON TABLE strategies IS 'The trading strategies that send orders to the broker.';
COMMENT ON COLUMN strategies.strategy_id IS 'The strategy''s number.';
COMMENT ON COLUMN strategies.strategy_uuid IS 'The strategy''s identifier in messages between systems.';
COMMENT ON COLUMN strategies.strategy_name IS 'The strategy''s name.';
COMMENT ON COLUMN strategies.account IS 'The account that the strategy trades on (FIX tag 1, Account).';
COMMENT ON COLUMN strategies.currency IS 'The currency of the account, ISO 4217 (FIX tag 15, Currency).';
COMMENT ON COLUMN strategies.target_strategy_parameters IS 'The parameters that the strategy runs with; empty when it has none (FIX tag 848, TargetStrategyParameters).';
COMMENT ON COLUMN strategies.is_active IS 'Whether the strategy may send orders.';
COMMENT ON COLUMN strategies.start_date IS 'The first trading day of the strategy (FIX tag 916, StartDate).';
COMMENT ON COLUMN strategies.text IS 'Remarks, free text (FIX tag 58, Text).';
COMMENT ON COLUMN strategies.transact_time IS 'When the strategy was last amended, UTC (FIX tag 60, TransactTime).';
COMMENT ON COLUMN strategies.event_id IS 'Of the row''s last change: its place in the order of all changes over all tables.';
COMMENT ON COLUMN strategies.delivery_id IS 'The delivery that made the row''s last change. References loader_deliveries.delivery_id.';
