UPDATE {migrations} SET checksum = $2, version = $3, applied_at = now() WHERE name = $1
