#!/bin/sh
# Sets the passwords of the roles of roles.sql when the container of PostgreSQL creates its database.
set -e
psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v owner="$(cat /run/secrets/owner_password)" -v loader="$(cat /run/secrets/loader_password)" << 'SQL'
ALTER ROLE paper_engine_owner PASSWORD :'owner';
ALTER ROLE paper_engine_loader PASSWORD :'loader';
SQL
