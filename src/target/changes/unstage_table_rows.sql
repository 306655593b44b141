DELETE FROM {staging} WHERE {row} < 0
