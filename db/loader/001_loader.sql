-- The loader's own tables. They are made in the first schema of the connection's search_path.

CREATE TABLE loader_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    target_id uuid NOT NULL DEFAULT gen_random_uuid(),
    last_event_id bigint NOT NULL DEFAULT 0,
    last_delivery_id bigint NOT NULL DEFAULT 0,
    last_outbox_position bigint NOT NULL DEFAULT 0,
    last_full_listing_at timestamptz
);
COMMENT ON TABLE loader_state IS 'One row: the counters of this target. Every delivery moves them in its own transaction, so a delivery that was rolled back leaves none behind.';
COMMENT ON COLUMN loader_state.one IS 'Always true: there is one row.';
COMMENT ON COLUMN loader_state.target_id IS 'Names this target in the Nats-Msg-Id header of its messages.';
COMMENT ON COLUMN loader_state.last_event_id IS 'The highest event_id that was given out.';
COMMENT ON COLUMN loader_state.last_delivery_id IS 'The highest delivery_id that was given out.';
COMMENT ON COLUMN loader_state.last_outbox_position IS 'The highest position that was given out in loader_outbox.';
COMMENT ON COLUMN loader_state.last_full_listing_at IS 'When the bucket was last listed from its beginning.';
INSERT INTO loader_state DEFAULT VALUES;

CREATE TABLE loader_deliveries (
    delivery_id bigint PRIMARY KEY,
    object_key text NOT NULL,
    generation integer NOT NULL,
    etag text NOT NULL,
    sha256 text NOT NULL,
    size bigint NOT NULL,
    last_modified timestamptz NOT NULL,
    entity text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('full_load', 'change')),
    name_time timestamptz,
    rows_read bigint NOT NULL,
    created bigint NOT NULL,
    amended bigint NOT NULL,
    removed bigint NOT NULL,
    rejected bigint NOT NULL DEFAULT 0,
    max_event_id bigint,
    status text NOT NULL CHECK (status IN ('loaded', 'skipped', 'quarantined')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    fetch_seconds double precision NOT NULL,
    decompress_seconds double precision NOT NULL,
    parse_seconds double precision NOT NULL,
    apply_seconds double precision NOT NULL,
    host text NOT NULL,
    version text NOT NULL,
    UNIQUE (object_key, generation)
);
CREATE INDEX loader_deliveries_changes ON loader_deliveries (entity, name_time) WHERE kind = 'change';
COMMENT ON TABLE loader_deliveries IS 'The ledger: a row for each delivery, written in the same transaction as its changes. A file is in if and only if its row is here.';
COMMENT ON COLUMN loader_deliveries.delivery_id IS 'The number of the delivery.';
COMMENT ON COLUMN loader_deliveries.object_key IS 'The object''s key, relative to bucket_path.';
COMMENT ON COLUMN loader_deliveries.generation IS 'Of the entity''s full load: 1, and one more with each reload.';
COMMENT ON COLUMN loader_deliveries.etag IS 'The ETag the object was read with; of a folder''s file: its size and modification time.';
COMMENT ON COLUMN loader_deliveries.sha256 IS 'SHA-256 of the object''s bytes, hexadecimal.';
COMMENT ON COLUMN loader_deliveries.size IS 'Bytes of the object.';
COMMENT ON COLUMN loader_deliveries.last_modified IS 'When the object was written, as the bucket says.';
COMMENT ON COLUMN loader_deliveries.entity IS 'The table that the delivery went to.';
COMMENT ON COLUMN loader_deliveries.kind IS 'full_load (LOAD files) or change.';
COMMENT ON COLUMN loader_deliveries.name_time IS 'Change files: the time in the name.';
COMMENT ON COLUMN loader_deliveries.rows_read IS 'Rows in the file.';
COMMENT ON COLUMN loader_deliveries.created IS 'Rows added to the table.';
COMMENT ON COLUMN loader_deliveries.amended IS 'Rows of the table that became different.';
COMMENT ON COLUMN loader_deliveries.removed IS 'Rows gone from the table.';
COMMENT ON COLUMN loader_deliveries.rejected IS 'Rows set aside in loader_rejects.';
COMMENT ON COLUMN loader_deliveries.max_event_id IS 'The highest event_id of the delivery''s effects; NULL when it changed nothing.';
COMMENT ON COLUMN loader_deliveries.status IS 'loaded, skipped (by an operator) or quarantined.';
COMMENT ON COLUMN loader_deliveries.started_at IS 'When work on the delivery began.';
COMMENT ON COLUMN loader_deliveries.finished_at IS 'When its effects were in, just before the commit.';
COMMENT ON COLUMN loader_deliveries.fetch_seconds IS 'Time spent waiting for the object''s bytes.';
COMMENT ON COLUMN loader_deliveries.decompress_seconds IS 'Time spent on gzip.';
COMMENT ON COLUMN loader_deliveries.parse_seconds IS 'Time spent on CSV.';
COMMENT ON COLUMN loader_deliveries.apply_seconds IS 'Time spent on sending rows and applying them.';
COMMENT ON COLUMN loader_deliveries.host IS 'The host that the loader ran on.';
COMMENT ON COLUMN loader_deliveries.version IS 'The loader''s version.';

CREATE TABLE loader_outbox (
    position bigint PRIMARY KEY,
    delivery_id bigint NOT NULL UNIQUE,
    subject text NOT NULL,
    payload text NOT NULL,
    published_at timestamptz
);
CREATE INDEX loader_outbox_unpublished ON loader_outbox (position) WHERE published_at IS NULL;
COMMENT ON TABLE loader_outbox IS 'Messages to subscribers, written with the delivery that they tell of, published after its commit.';
COMMENT ON COLUMN loader_outbox.position IS 'The place in the order of messages: 1, 2, 3, without gaps.';
COMMENT ON COLUMN loader_outbox.delivery_id IS 'The delivery that the message tells of.';
COMMENT ON COLUMN loader_outbox.subject IS 'The NATS subject.';
COMMENT ON COLUMN loader_outbox.payload IS 'The message, JSON.';
COMMENT ON COLUMN loader_outbox.published_at IS 'When the broker had acknowledged it; NULL until then.';

CREATE TABLE loader_removals (
    event_id bigint PRIMARY KEY,
    entity text NOT NULL,
    key jsonb NOT NULL,
    delivery_id bigint NOT NULL
);
COMMENT ON TABLE loader_removals IS 'Rows that deliveries took away, so that a consumer who has read up to an event_id can fetch what went after it.';
COMMENT ON COLUMN loader_removals.event_id IS 'The removal''s place in the order of all effects.';
COMMENT ON COLUMN loader_removals.entity IS 'The table that the row was in.';
COMMENT ON COLUMN loader_removals.key IS 'The row''s primary key: {"column": value, ...}.';
COMMENT ON COLUMN loader_removals.delivery_id IS 'The delivery that removed it.';

CREATE TABLE loader_rejects (
    delivery_id bigint NOT NULL,
    line bigint NOT NULL,
    byte_offset bigint NOT NULL,
    column_name text,
    reason text NOT NULL,
    sqlstate text,
    raw bytea NOT NULL,
    PRIMARY KEY (delivery_id, line)
);
COMMENT ON TABLE loader_rejects IS 'Rows that could not be loaded and were set aside.';
COMMENT ON COLUMN loader_rejects.delivery_id IS 'The delivery whose file holds the row.';
COMMENT ON COLUMN loader_rejects.line IS 'The line of the file on which the row begins; the first is 1.';
COMMENT ON COLUMN loader_rejects.byte_offset IS 'Where the row begins in the decompressed file.';
COMMENT ON COLUMN loader_rejects.column_name IS 'The column that was refused, where one can be named.';
COMMENT ON COLUMN loader_rejects.reason IS 'Why the row was refused.';
COMMENT ON COLUMN loader_rejects.sqlstate IS 'PostgreSQL''s error code, where the server refused.';
COMMENT ON COLUMN loader_rejects.raw IS 'The row''s bytes as they stand in the file.';
