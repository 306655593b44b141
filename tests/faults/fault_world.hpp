// What the fault tests share: servers with a gate before each, a bucket that goes all the ways into a table,
// and what must hold when the fault is over: the tables, the ledger, the numbers and the messages are the
// same as if nothing had been. That the undisturbed load is right is for ApplyOracle to say.
#pragma once
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "integration/loader/fixture.hpp"
#include "support/apply_oracle.hpp"
#include "support/bucket_s3.hpp"
#include "support/gate.hpp"
#include "support/nats_server.hpp"

namespace peo::test {

inline bool all_faults() {
  const char* text = std::getenv("PEO_FAULTS");
  return text != nullptr && std::string(text) == "all";
}

// Two tables: full loads (direct), big changes (staged), a backlog of small ones (the pipeline): at first
// each with a key that the one before has too, so that it goes alone, then several in a statement.
inline RandomStream fault_stream() {
  const auto field = [](const std::string& text) { return StreamField{text, text}; };
  RandomStream stream;
  stream.tables = {
      {"orders", {{"id", "integer", true, true}, {"name", "text", false, true}, {"n", "integer"}}, {0}},
      {"executions", {{"id", "bigint", true, true}, {"order_id", "integer"}}, {0}},
  };
  const auto file = [&](std::size_t table, const std::string& name, bool with_operation) -> StreamFile& {
    stream.files.push_back(
        {table, fmt::format("dbo/{}/{}.csv.gz", stream.tables[table].name, name), with_operation, {}});
    return stream.files.back();
  };
  const auto order = [&](char op, int id, const std::string& name, int n) {
    return StreamRow{op, {field(std::to_string(id)), field(name), field(std::to_string(n))}};
  };
  for (int part = 0; part < 2; ++part) {
    auto& load = file(0, fmt::format("LOAD{:08X}", part + 1), false);
    for (int i = 1; i <= 3000; ++i)
      load.rows.push_back(order('I', part * 3000 + i, fmt::format("order {}", i), i % 7));
  }
  auto& load = file(1, "LOAD00000001", false);
  for (int i = 1; i <= 2000; ++i)
    load.rows.push_back({'I', {field(std::to_string(i)), field(std::to_string(i % 900))}});
  int at = 0;
  for (int round = 0; round < 2; ++round) {
    auto& big = file(0, fmt::format("20990101-{:09}", at += 1000), true);
    for (int i = 1; i <= 2500; ++i)
      big.rows.push_back(order("UUDI"[i % 4], (round + 1) * i, fmt::format("big {}", round), i % 5));
    for (int i = 1; i <= 10; ++i) {
      auto& small = file(0, fmt::format("20990101-{:09}", at += 1000), true);
      small.rows = {order('U', i, fmt::format("small {}", i), i), order('I', 7000 + at / 1000, "new", 0),
                    order('D', 3000 - i, "", 0)};
      if (round == 0) small.rows.push_back(order('D', 9999, "", 0));
      if (i % 3 != 0) continue;
      auto& other = file(1, fmt::format("20990101-{:09}", at += 1000), true);
      other.rows = {{'I', {field(std::to_string(5000 + at / 1000)), field("1")}},
                    {'U', {field(std::to_string(i)), field(std::to_string(i))}}};
    }
  }
  return stream;
}

class FaultWorld : public ::testing::Test {
 protected:
  FaultWorld()
      : nats_({.jetstream = true}),
        postgres_gate_(server_.port()),
        nats_gate_(nats_.port()),
        s3_gate_(s3_.port()) {
    for (const auto& file : stream_.files) s3_.put("data/" + file.object_key, gzipped(file.text()));
  }

  // A database and a stream of their own; the gates open.
  void new_target() {
    postgres_gate_.faults({});
    nats_gate_.faults({});
    s3_gate_.faults({});
    s3_.on_request(nullptr);
    database_.reset();
    database_ = std::make_unique<TestDatabase>(server_);
    Database sql(database_->conninfo());
    for (const auto& table : stream_.tables) sql.execute(table.sql());
    const JetStream jetstream(nats_.url());
    if (has_stream_) JetStream(nats_.url()).delete_stream("told");
    JetStream(nats_.url()).add_stream("told", "paper-engine.>");
    has_stream_ = true;
  }

  std::string target_through_gate() const {
    return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", postgres_gate_.port(),
                       database_->name());
  }
  LoaderSettings settings(const LoaderSettings& more = {}) const {
    LoaderSettings all{{"SOURCE", s3_.source(s3_gate_.port())},
                       {"TARGET", target_through_gate()},
                       {"NATS", fmt::format("nats://127.0.0.1:{}", nats_gate_.port())},
                       {"ENTITIES", "none"},
                       {"FORMAT", "header=no"},
                       {"RETRY_SECONDS", "60"}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }

  // Runs once, again after each kill, to the end; gives how often it was killed.
  int run_to_the_end(const LoaderSettings& more = {}) {
    for (int killed = 0; killed < 5; ++killed) {
      loader_ = std::make_unique<RunningLoader>(loader_command, settings(more));
      const auto status = loader_->process().wait(std::chrono::minutes(2));
      if (status != 128 + SIGKILL) {
        EXPECT_EQ(status, 0) << loader_->log();
        return killed;
      }
    }
    ADD_FAILURE() << "it was killed again and again";
    return 5;
  }

  static std::vector<std::string> content(const std::string& conninfo) {
    Database sql(conninfo);
    return lines_of(sql.rows(
        "SELECT 'orders', count(*), md5(string_agg(t::text, '' ORDER BY id)) FROM orders t UNION ALL "
        "SELECT 'executions', count(*), md5(string_agg(t::text, '' ORDER BY id)) FROM executions t UNION ALL "
        "SELECT 'removals', count(*), md5(string_agg(t::text, '' ORDER BY event_id)) FROM loader_removals t "
        "UNION ALL "
        "SELECT 'ledger', count(*), md5(string_agg(concat_ws(' ', delivery_id, object_key, sha256, "
        "rows_read, "
        "created, amended, removed, max_event_id, status), '' ORDER BY delivery_id)) FROM loader_deliveries "
        "UNION "
        "ALL SELECT 'outbox', count(published_at), md5(string_agg(concat_ws(' ', position, delivery_id, "
        "payload::jsonb - 'utcts'), '' ORDER BY position)) FROM loader_outbox UNION ALL "
        "SELECT 'state', last_outbox_position, concat_ws(' ', last_event_id, last_delivery_id) FROM "
        "loader_state UNION "
        "ALL SELECT 'keys', count(*), '' FROM pg_index WHERE indisprimary AND indisvalid AND indrelid IN "
        "('orders'::regclass, 'executions'::regclass)"));
  }

  // After the loader's end: everything as undisturbed, told once to the stream, nothing left behind.
  void expect_all_well() {
    if (undisturbed_.empty()) load_undisturbed();
    EXPECT_EQ(content(database_->conninfo()), undisturbed_) << loader_->log();
    std::vector<std::string> positions;
    std::vector<std::string> wanted;
    for (const auto& message : JetStream(nats_.url()).messages("told"))
      positions.push_back(message.headers.at("Paper-Engine-Outbox-Position"));
    for (std::size_t i = 1; i <= stream_.files.size(); ++i) wanted.push_back(std::to_string(i));
    EXPECT_EQ(positions, wanted) << loader_->log();
    Database sql(database_->conninfo());
    EXPECT_TRUE(eventually([&] {
      return sql.value(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "application_name = 'paper-engine-orders'") == "0" &&
             sql.value("SELECT count(*) FROM pg_locks WHERE relation = to_regclass('loader_writer')") == "0";
    })) << "a session or a lock is left";
  }

  void load_undisturbed() {
    const TestDatabase other(server_);
    Database sql(other.conninfo());
    for (const auto& table : stream_.tables) sql.execute(table.sql());
    const auto ran = run_loader(
        loader_command, settings({{"SOURCE", s3_.source()}, {"TARGET", other.conninfo()}, {"NATS", ""}}));
    ASSERT_EQ(ran.status, 0) << ran.err;
    undisturbed_ = content(other.conninfo());
  }

  RandomStream stream_ = fault_stream();
  PostgresServer server_;
  BucketS3 s3_;
  NatsServer nats_;
  Gate postgres_gate_, nats_gate_, s3_gate_;
  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<RunningLoader> loader_;
  std::vector<std::string> undisturbed_;
  bool has_stream_ = false;
};

}  // namespace peo::test
