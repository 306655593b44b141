-- Three roles with the least privileges that they need. Run this script once before the first `migrate`, with psql, connected to the
-- loader's database as a superuser or as the administrator of a managed service (a role with CREATEROLE that owns the database). Then
-- set the passwords (\password paper_engine_loader):
--
--   psql -d paper_engine -f roles.sql
--   paper-engine-orders migrate      as paper_engine_owner: creates the tables; run it again after each upgrade
--   paper-engine-orders              as paper_engine_loader: loads, and doesn't alter tables
--   readers                          are members of paper_engine_reader: GRANT paper_engine_reader TO some_role
--
-- A loader that doesn't own the tables keeps their indexes during the first full load, which then takes up to twice as long. To avoid
-- that, run the first load as the owner (RUN_AS_SERVICE=False).
BEGIN;

CREATE ROLE paper_engine_owner LOGIN;
CREATE ROLE paper_engine_loader LOGIN;
CREATE ROLE paper_engine_reader NOLOGIN;
-- A role that isn't a superuser must be a member of the owner to create objects for it; until the end of this script.
GRANT paper_engine_owner TO CURRENT_USER;

-- Before PostgreSQL 15, the schema may belong to another role.
DO $$ BEGIN
  REVOKE ALL ON SCHEMA public FROM PUBLIC;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'The schema public stays as it is.';
END $$;
CREATE SCHEMA IF NOT EXISTS paper_engine AUTHORIZATION paper_engine_owner;
GRANT USAGE ON SCHEMA paper_engine TO paper_engine_loader, paper_engine_reader;
ALTER ROLE paper_engine_owner SET search_path = paper_engine;
ALTER ROLE paper_engine_loader SET search_path = paper_engine;

-- For the objects that the owner creates from now on: entity tables and the loader's own.
ALTER DEFAULT PRIVILEGES FOR ROLE paper_engine_owner IN SCHEMA paper_engine
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO paper_engine_loader;
ALTER DEFAULT PRIVILEGES FOR ROLE paper_engine_owner IN SCHEMA paper_engine
  GRANT SELECT ON TABLES TO paper_engine_reader;

-- Changes are applied with temporary tables.
DO $$ BEGIN
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO paper_engine_loader', current_database());
END $$;

REVOKE paper_engine_owner FROM CURRENT_USER;
COMMIT;
