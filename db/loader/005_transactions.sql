-- What each table had of a delivery that carries several: a transaction file. Its row in loader_deliveries has the sums.

CREATE TABLE loader_delivery_entities (
    delivery_id bigint NOT NULL,
    entity text NOT NULL,
    name_time timestamptz NOT NULL,
    rows_read bigint NOT NULL,
    created bigint NOT NULL,
    amended bigint NOT NULL,
    removed bigint NOT NULL,
    PRIMARY KEY (delivery_id, entity)
);
CREATE INDEX loader_delivery_entities_entity ON loader_delivery_entities (entity, name_time);
COMMENT ON TABLE loader_delivery_entities IS 'What each table had of a transaction file. Of files of one table loader_deliveries alone tells.';
COMMENT ON COLUMN loader_delivery_entities.delivery_id IS 'The delivery.';
COMMENT ON COLUMN loader_delivery_entities.entity IS 'The table.';
COMMENT ON COLUMN loader_delivery_entities.name_time IS 'The time in the name of the delivery''s file.';
COMMENT ON COLUMN loader_delivery_entities.rows_read IS 'Rows of the table in the file.';
COMMENT ON COLUMN loader_delivery_entities.created IS 'Rows added to the table.';
COMMENT ON COLUMN loader_delivery_entities.amended IS 'Rows of the table that became different.';
COMMENT ON COLUMN loader_delivery_entities.removed IS 'Rows gone from the table.';
COMMENT ON COLUMN loader_deliveries.entity IS 'The table that the delivery went to; of a transaction file its folder, as cdc/ (then loader_delivery_entities has its tables).';
