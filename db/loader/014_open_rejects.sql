-- The rejected rows that are still missing, for people: loader_rejects is a history.

CREATE VIEW loader_open_rejects AS
SELECT d.entity, d.object_key, r.line, r.column_name, r.value, r.reason, r.sqlstate, r.raw, r.byte_offset, r.delivery_id,
       d.finished_at
FROM loader_rejects r
JOIN loader_deliveries d USING (delivery_id)
WHERE d.rejected > 0
  AND NOT EXISTS (SELECT FROM loader_deliveries n
                  WHERE n.object_key = d.object_key AND n.entity = d.entity
                    AND (n.generation, n.turn) > (d.generation, d.turn))
  AND d.generation >= (SELECT coalesce(max(g.generation), 1) FROM loader_deliveries g
                       WHERE g.entity = d.entity AND g.kind = 'full_load')
  -- Files of a table that was dropped can't be replayed.
  AND (d.entity LIKE '%/'
       OR to_regclass(format('%s.%I', (SELECT c.relnamespace::regnamespace FROM pg_class c WHERE c.oid = d.tableoid),
                             d.entity)) IS NOT NULL);
COMMENT ON VIEW loader_open_rejects IS 'Rejected rows that are not loaded: their files were not replayed, skipped or replaced by a reload since. The table lacks them, or has older versions of them.';
COMMENT ON COLUMN loader_open_rejects.entity IS 'The table; for transaction files their prefix, such as cdc/.';
COMMENT ON COLUMN loader_open_rejects.object_key IS 'The object''s key, relative to bucket_path, for the commands replay and skip.';
COMMENT ON COLUMN loader_open_rejects.line IS 'Line of the file on which the row begins, from 1.';
COMMENT ON COLUMN loader_open_rejects.column_name IS 'The column with the error, if it is known.';
COMMENT ON COLUMN loader_open_rejects.value IS 'Value of that column, truncated.';
COMMENT ON COLUMN loader_open_rejects.reason IS 'The error.';
COMMENT ON COLUMN loader_open_rejects.sqlstate IS 'SQLSTATE of the error.';
COMMENT ON COLUMN loader_open_rejects.raw IS 'First 64 KiB of the row''s bytes; as text: convert_from(raw, ''UTF8'').';
COMMENT ON COLUMN loader_open_rejects.byte_offset IS 'Offset of the row in the decompressed file.';
COMMENT ON COLUMN loader_open_rejects.delivery_id IS 'The delivery of the file. References loader_deliveries.delivery_id.';
COMMENT ON COLUMN loader_open_rejects.finished_at IS 'When the file was loaded without the row.';
COMMENT ON COLUMN loader_deliveries.delivery_id IS 'Number of the delivery. One that fails leaves no row, and the next one gets its number.';
