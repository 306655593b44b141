-- Files that are quarantined and files with rejected rows are counted after each poll, however many deliveries there are.

CREATE INDEX loader_deliveries_incomplete ON loader_deliveries (entity, object_key) WHERE status = 'quarantined' OR rejected > 0;
