-- First full loads that are more than one transaction: a loader that dies in the middle must be able to put the table in order.

CREATE TABLE loader_full_loads (
    entity text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    key_columns text[] NOT NULL,
    statements text[] NOT NULL
);
COMMENT ON TABLE loader_full_loads IS 'Full loads that are under way in more than one transaction; empty at other times.';
COMMENT ON COLUMN loader_full_loads.entity IS 'The table that is being loaded. It has no indexes meanwhile.';
COMMENT ON COLUMN loader_full_loads.started_at IS 'When the load began.';
COMMENT ON COLUMN loader_full_loads.key_columns IS 'The columns of its primary key.';
COMMENT ON COLUMN loader_full_loads.statements IS 'What builds the table''s indexes again, in this order.';
