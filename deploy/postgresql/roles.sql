-- Three roles, each with what it needs and no more. Run it once by psql as a superuser, or as the administrator of a managed service (a
-- role with CREATEROLE that owns the database), connected to the loader's database, with the passwords set afterwards (\password paper_engine_loader), before the first `migrate`:
--
--   psql -d paper_engine -f roles.sql
--   paper-engine-orders migrate      as paper_engine_owner: makes the tables, and again after each upgrade
--   paper-engine-orders              as paper_engine_loader: loads, changes no table's shape
--   everybody who reads              gets paper_engine_reader: GRANT paper_engine_reader TO somebody
--
-- A loader that may not own tables keeps their indexes during the first full load, which takes up to twice as long. Where that
-- matters, let the owner run the first load (RUN_AS_SERVICE=False), and the loader from then on.
BEGIN;

CREATE ROLE paper_engine_owner LOGIN;
CREATE ROLE paper_engine_loader LOGIN;
CREATE ROLE paper_engine_reader NOLOGIN;
-- Who is no superuser must be a member of the owner to make something for it; until the end of this script.
GRANT paper_engine_owner TO CURRENT_USER;

-- Before PostgreSQL 15 the schema may belong to somebody else.
DO $$ BEGIN
  REVOKE ALL ON SCHEMA public FROM PUBLIC;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'The schema public stays as it is.';
END $$;
CREATE SCHEMA IF NOT EXISTS paper_engine AUTHORIZATION paper_engine_owner;
GRANT USAGE ON SCHEMA paper_engine TO paper_engine_loader, paper_engine_reader;
ALTER ROLE paper_engine_owner SET search_path = paper_engine;
ALTER ROLE paper_engine_loader SET search_path = paper_engine;

-- For what the owner makes from now on: tables of entities and the loader's own.
ALTER DEFAULT PRIVILEGES FOR ROLE paper_engine_owner IN SCHEMA paper_engine
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO paper_engine_loader;
ALTER DEFAULT PRIVILEGES FOR ROLE paper_engine_owner IN SCHEMA paper_engine
  GRANT SELECT ON TABLES TO paper_engine_reader;

-- Temporary tables are how changes get into a table.
DO $$ BEGIN
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO paper_engine_loader', current_database());
END $$;

REVOKE paper_engine_owner FROM CURRENT_USER;
COMMIT;
