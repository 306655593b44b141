INSERT INTO {migrations} (name, checksum, version) VALUES ($1, $2, $3)
