DELETE FROM {full_loads} WHERE entity = $1
