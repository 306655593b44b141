-- Up to which event a consumer may read.

ALTER TABLE loader_state ADD COLUMN visible_event_id bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN loader_state.visible_event_id IS 'Everything up to this event can be read, in all tables. Written after the commit of the deliveries: consumers read up to it.';
