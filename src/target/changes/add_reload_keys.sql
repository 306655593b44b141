INSERT INTO pg_temp.reload_keys SELECT {key} FROM {staging}
