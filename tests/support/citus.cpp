#include "support/citus.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "support/database.hpp"

namespace peo::test {
namespace {

std::string shards() {
  const char* const text = std::getenv("PEO_TEST_CITUS_SHARDS");
  return text == nullptr ? "4" : text;
}

// A table that Citus doesn't distribute (an exclusion constraint, a unique index without the column) stays
// local.
constexpr const char* distribute = R"(
CREATE FUNCTION public.distribute() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
  made record;
BEGIN
  FOR made IN
    SELECT c.oid::regclass AS name, (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = k.conkey[1]) AS key
    FROM pg_event_trigger_ddl_commands() d
    JOIN pg_class c ON c.oid = d.objid
    JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
    WHERE d.command_tag = 'CREATE TABLE' AND c.relpersistence = 'p' AND NOT c.relispartition AND c.relname <> 'loader_removals'
      AND 2 = (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('event_id', 'delivery_id'))
  LOOP
    BEGIN
      PERFORM public.create_distributed_table(made.name, made.key, colocate_with => 'none');
    EXCEPTION WHEN OTHERS THEN
      RAISE NOTICE '% stays local: %', made.name, SQLERRM;
    END;
  END LOOP;
END $$;
CREATE EVENT TRIGGER distribute ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.distribute())";

}  // namespace

std::string CitusNode::conninfo(const std::string& database) const {
  return fmt::format("host={} port={} user=postgres dbname={}", host, port, database);
}

const std::optional<CitusCluster>& CitusCluster::wanted() {
  static const std::optional<CitusCluster> cluster = [] {
    const char* const coordinator = std::getenv("PEO_TEST_CITUS");
    return coordinator == nullptr || *coordinator == '\0' ? std::nullopt
                                                          : std::optional<CitusCluster>(coordinator);
  }();
  return cluster;
}

CitusCluster::CitusCluster(const std::string& coordinator) {
  const auto colon = coordinator.rfind(':');
  nodes_.push_back({coordinator.substr(0, colon), coordinator.substr(colon + 1)});
  Database database(nodes_.front().conninfo("postgres"));
  for (const auto& row :
       database.rows("SELECT nodename, nodeport FROM pg_dist_node WHERE groupid <> 0 AND isactive"))
    nodes_.push_back({*row[0], *row[1]});
}

std::string CitusCluster::create_database(const std::string& name) const {
  for (const auto& node : nodes_) {
    Database(node.conninfo("postgres"))
        .execute(fmt::format("DROP DATABASE IF EXISTS \"{0}\" WITH (FORCE)", name));
    Database(node.conninfo("postgres")).execute(fmt::format("CREATE DATABASE \"{}\"", name));
    Database(node.conninfo(name))
        .execute("SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS citus");
  }
  const auto& first = nodes_.front();
  Database database(first.conninfo(name));
  database.execute(fmt::format("SELECT citus_set_coordinator_host('{}', {})", first.host, first.port));
  for (std::size_t i = 1; i < nodes_.size(); ++i)
    database.execute(fmt::format("SELECT citus_add_node('{}', {})", nodes_[i].host, nodes_[i].port));
  database.execute(fmt::format("ALTER DATABASE \"{}\" SET citus.shard_count = {}", name, shards()));
  database.execute("SET client_min_messages = error");
  database.execute(distribute);
  return first.conninfo(name);
}

void CitusCluster::drop_database(const std::string& name) const {
  for (const auto& node : nodes_)
    Database(node.conninfo("postgres"))
        .execute(fmt::format("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", name));
}

}  // namespace peo::test
