INSERT INTO pg_temp.snapshot_keys SELECT {key} FROM {incoming}
