// For tests that compare a loader under faults with an undisturbed one: a side is a bucket, a database and a
// broker, and the service between them.
#pragma once
#include <fmt/format.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "integration/loader/fixture.hpp"
#include "support/bucket_s3.hpp"
#include "support/http_get.hpp"
#include "support/nats_server.hpp"
#include "support/small_disk.hpp"

namespace peo::test {

using nlohmann::json;

inline constexpr std::array side_tables{"orders", "executions", "fills"};

// A bucket, a database and a loader that runs between them.
class Side {
 public:
  Side(PostgresServer& server, const std::string& name, const std::string& tablespace) : server_(server) {
    Database(server.conninfo())
        .execute(fmt::format("CREATE DATABASE {} OWNER loader {}", name,
                             tablespace.empty() ? "" : "TABLESPACE " + tablespace));
    database_ = name;
    for (const auto* table : {"orders", "executions", "fills", "idle"}) {
      execute(fmt::format("SET ROLE loader; {}", table_sql(table, "id int PRIMARY KEY, v text, n int")));
      put(table, "LOAD00000001", "id,v,n\n1,a,1\n2,b,2\n3,c,3\n");
    }
    JetStream(nats.url()).add_stream("told", "paper-engine.>");
  }

  LoaderSettings settings() const {
    return {{"SOURCE", s3.source()},
            {"TARGET_FILE", (secrets_ / "target").string()},
            {"NATS", nats.url()},
            {"ENTITIES", "none"},
            {"FORMAT", "header=yes"},
            {"RUN_AS_SERVICE", "True"},
            {"MIN_SLEEP", "100ms"},
            {"MAX_SLEEP", "100ms"},
            {"METRICS_ADDRESS", std::to_string(port)}};
  }
  void start() { loader = std::make_unique<RunningLoader>(loader_command, settings()); }
  void log_in_with(const std::string& password) const {
    write_file(secrets_ / "target", server_.conninfo(database_, "loader", password));
  }
  Finished status() const { return run_loader({program(), {"status", "--json"}}, settings()); }
  HttpAnswer get(const std::string& path) const {
    return http_get(fmt::format("http://127.0.0.1:{}{}", port, path));
  }
  std::string told() const {
    const auto now = page();
    return now["state"].get<std::string>() + ": " + now["why"].get<std::string>();
  }
  json page() const { return json::parse(get("/status.json").body); }

  void put(const std::string& table, const std::string& name, const std::string& text) {
    put_bytes(table, name, gzipped(text));
  }
  void put_bytes(const std::string& table, const std::string& name, const std::string& bytes) {
    const auto key = fmt::format("dbo/{}/{}.csv.gz", table, name);
    keys.insert(key);
    s3.put("data/" + key, bytes);
  }
  void execute(const std::string& sql) const { Database(server_.conninfo(database_)).execute(sql); }
  std::string value(const std::string& sql) const { return Database(server_.conninfo(database_)).value(sql); }
  std::vector<std::string> query(const std::string& sql) const {
    return lines_of(Database(server_.conninfo(database_)).rows(sql));
  }
  bool all_loaded() const {
    return value("SELECT count(*) FROM loader_deliveries") == std::to_string(keys.size()) &&
           value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL") == "0";
  }

  // Without the numbers that depend on the order of the tables' files among each other.
  std::vector<std::string> content() const {
    auto all = query(
        "SELECT object_key, kind, sha256, rows_read, created, amended, removed, rejected, status FROM "
        "loader_deliveries ORDER BY object_key COLLATE \"C\"");
    const auto add = [&](const std::string& sql) {
      for (auto& line : query(sql)) all.push_back(std::move(line));
    };
    for (const auto* table : side_tables)
      add(
          fmt::format("SELECT '{0}', to_jsonb(t) - 'event_id' - 'delivery_id', d.object_key FROM {0} t JOIN "
                      "loader_deliveries d USING (delivery_id) ORDER BY t.id",
                      table));
    add("SELECT r.entity, r.key, d.object_key FROM loader_removals r JOIN loader_deliveries d USING "
        "(delivery_id) ORDER BY 1, 2, 3");
    add("SELECT d.object_key, o.payload::jsonb -> 'stats' FROM loader_outbox o JOIN loader_deliveries d "
        "USING "
        "(delivery_id) ORDER BY d.object_key COLLATE \"C\"");
    return all;
  }

  BucketS3 s3;
  NatsServer nats{{.jetstream = true}};
  std::set<std::string> keys;
  std::unique_ptr<RunningLoader> loader;
  const int port = free_port();

 private:
  PostgresServer& server_;
  std::string database_;
  TempDir secrets_;
};

}  // namespace peo::test
