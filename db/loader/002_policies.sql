-- What the policies record: an object that is offered again, why a delivery was skipped or quarantined, and what
-- operators ask for.

ALTER TABLE loader_deliveries
    ADD COLUMN turn integer NOT NULL DEFAULT 1,
    ADD COLUMN reason text,
    ADD COLUMN noted_etag text,
    ADD COLUMN noted_modified timestamptz,
    DROP CONSTRAINT loader_deliveries_object_key_generation_key,
    ADD UNIQUE (object_key, generation, turn);
COMMENT ON COLUMN loader_deliveries.turn IS 'How many times the object was taken in its generation, this time included: more than 1 when it was written again or replayed.';
COMMENT ON COLUMN loader_deliveries.reason IS 'Why the delivery was skipped or quarantined, or what is special about it.';
COMMENT ON COLUMN loader_deliveries.noted_etag IS 'The ETag that the same bytes were seen with later: in a bucket that was copied or encrypted anew.';
COMMENT ON COLUMN loader_deliveries.noted_modified IS 'When the object was written with that ETag.';
COMMENT ON COLUMN loader_deliveries.sha256 IS 'SHA-256 of the object''s bytes, hexadecimal; empty when it was skipped unread.';
COMMENT ON COLUMN loader_deliveries.status IS 'loaded, skipped (by an operator or a policy) or quarantined (bad rows).';

DROP INDEX loader_deliveries_changes;
CREATE INDEX loader_deliveries_changes ON loader_deliveries (entity, generation, name_time) WHERE kind = 'change';
CREATE INDEX loader_deliveries_full_loads ON loader_deliveries (entity, generation) WHERE kind = 'full_load';

CREATE TABLE loader_requests (
    request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    verb text NOT NULL CHECK (verb IN ('replay', 'skip')),
    object_key text NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz,
    delivery_id bigint,
    answer text
);
CREATE UNIQUE INDEX loader_requests_open ON loader_requests (object_key) WHERE answered_at IS NULL;
COMMENT ON TABLE loader_requests IS 'What operators asked for with the verbs replay and skip. The loader takes open requests up at its next look at the bucket.';
COMMENT ON COLUMN loader_requests.request_id IS 'The number of the request.';
COMMENT ON COLUMN loader_requests.verb IS 'replay: take the object again. skip: record it as skipped, don''t load it.';
COMMENT ON COLUMN loader_requests.object_key IS 'The object''s key, relative to bucket_path.';
COMMENT ON COLUMN loader_requests.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN loader_requests.requested_by IS 'The user and host that asked.';
COMMENT ON COLUMN loader_requests.requested_at IS 'When it was asked.';
COMMENT ON COLUMN loader_requests.answered_at IS 'When it was done, or found impossible; NULL while it is open.';
COMMENT ON COLUMN loader_requests.delivery_id IS 'The delivery that came of it.';
COMMENT ON COLUMN loader_requests.answer IS 'What became of it, in words.';
