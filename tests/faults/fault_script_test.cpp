// A service that stays up: one cause after the other that a person must repair, while files arrive in all
// tables, with an undisturbed loader beside it. What concerns one table holds that table, and the files of
// the others are loaded in the first poll that can see them; each cause is told on the page, by status, in
// /readyz and in the metrics; in the end the process is the same and everything is as the undisturbed loader
// has it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "fault_world.hpp"
#include "service_side.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FaultScript : public ::testing::Test {
 protected:
  FaultScript() { Database(server_.conninfo()).execute("CREATE ROLE loader LOGIN PASSWORD 'first'"); }
  ~FaultScript() override {
    if (disturbed_) disturbed_->s3.on_request(nullptr);  // it calls this
  }

  void begin(const std::string& tablespace = "") {
    disturbed_ = std::make_unique<Side>(server_, "disturbed", tablespace);
    calm_ = std::make_unique<Side>(server_, "calm", "");
    for (auto* side : {disturbed_.get(), calm_.get()}) {
      side->log_in_with("first");
      side->start();
    }
    ASSERT_TRUE(eventually([&] {
      return disturbed_->loader->log().find("polling every") != std::string::npos;
    })) << disturbed_->loader->log();
    pid_ = disturbed_->loader->process().pid();
    watch();
  }

  std::string next_name() { return fmt::format("20220922-{:09}", 100000 + ++file_); }
  std::string change_text(const std::string& table) {
    const bool wide = table == "orders" && drifted_;
    return fmt::format("Op,id,v,n{0}\nU,1,v{2},{2}{1}\nI,{3},new,{2}{1}\nD,{4},,{1}\n", wide ? ",w" : "",
                       wide ? ",7" : "", file_, 100 + file_, 100 + file_ - 3);
  }
  void put(const std::string& table) {
    const auto name = next_name();
    const auto text = change_text(table);
    calm_->put(table, name, text);
    disturbed_->put(table, name, text);
    expect_soon(table, name);
  }
  void put_everywhere() {
    for (const auto* table : side_tables) put(table);
  }

  // Each poll lists the prefix of the table that nothing arrives in once. A poll that has begun before a file
  // was put may miss it, the next one can't: when the one after that begins, the file must be loaded.
  void watch() {
    disturbed_->s3.on_request([this](const FakeRequest& request, const FakeAnswer& /*usual*/) {
      const auto query = query_of(request.target);
      const auto prefix = query.find("prefix");
      if (prefix != query.end() && prefix->second == "data/dbo/idle/") next_poll();
      const std::lock_guard lock(mutex_);
      if (refused_ && refused_(request)) return std::optional(s3_error(403, "AccessDenied", "Access Denied"));
      return std::optional<FakeAnswer>();
    });
  }
  void refuse(std::function<bool(const FakeRequest&)> refused) {
    const std::lock_guard lock(mutex_);
    refused_ = std::move(refused);
  }
  void next_poll() {
    const std::lock_guard lock(mutex_);
    ++polls_;
    for (auto file = expected_.begin(); file != expected_.end();) {
      const auto& [key, put_at] = *file;
      if (polls_ < put_at + 3) {
        ++file;
        continue;
      }
      if (disturbed_->value("SELECT count(*) FROM loader_deliveries WHERE object_key = '" + key + "'") != "1")
        late_.push_back(key);
      file = expected_.erase(file);
    }
  }
  void expect_soon(const std::string& table, const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (table != held_ && !all_wait_) expected_[fmt::format("dbo/{}/{}.csv.gz", table, name)] = polls_;
  }

  struct Fault {
    std::string name;
    std::string held{};  // the table that it holds; empty: it concerns all
    std::function<void()> strike;
    std::string cause;   // on the page, in status, in /readyz
    std::string metric;  // a line of the metrics begins so, or has it
    std::function<void()> repair;
    std::function<void()> meanwhile{};
  };
  void run(const Fault& fault) {
    SCOPED_TRACE(fault.name);
    begin_fault(fault);
    put_everywhere();
    expect_told(fault);
    if (!fault.held.empty()) expect_others_loaded();
    if (fault.meanwhile) fault.meanwhile();
    put_everywhere();
    if (!fault.held.empty()) expect_others_loaded();
    fault.repair();
    EXPECT_TRUE(eventually([&] { return disturbed_->all_loaded(); })) << log();
    EXPECT_TRUE(eventually([&] { return disturbed_->page()["state"] == "caught up"; })) << disturbed_->told();
    const std::lock_guard lock(mutex_);
    held_.clear();
    all_wait_ = false;
    EXPECT_THAT(late_, IsEmpty());
  }
  void begin_fault(const Fault& fault) {
    {
      const std::lock_guard lock(mutex_);
      held_ = fault.held;
      all_wait_ = fault.held.empty();
    }
    fault.strike();
  }
  void expect_told(const Fault& fault) {
    const auto* const word = fault.held.empty() ? "stuck" : "held";
    const auto tells = [&](const json& state) {
      return state["state"] == word && state["why"].get<std::string>().find(fault.cause) != std::string::npos;
    };
    EXPECT_TRUE(eventually([&] { return tells(disturbed_->page()); })) << disturbed_->told() << log();
    const auto ready = disturbed_->get("/readyz");
    EXPECT_TRUE(tells(json::parse(ready.body))) << ready.body;
    EXPECT_EQ(ready.status, fault.held.empty() ? 503 : 200);
    const auto status = disturbed_->status();
    EXPECT_EQ(status.status, 0) << status.err;
    EXPECT_TRUE(tells(json::parse(status.out, nullptr, false))) << status.out << status.err;
    EXPECT_THAT(disturbed_->get("/metrics").body, HasSubstr("paper_engine_orders_" + fault.metric));
  }
  void expect_others_loaded() {
    EXPECT_TRUE(eventually([&] {
      return disturbed_->value(
                 fmt::format("SELECT count(*) FROM loader_deliveries WHERE entity <> '{}'", held_)) ==
             std::to_string(std::ranges::count_if(disturbed_->keys, [&](const auto& key) {
               return key.find("/" + held_ + "/") == std::string::npos;
             }));
    })) << log();
  }
  std::string log() const { return disturbed_->loader->log(); }
  std::vector<std::string> differences() const {
    auto have = disturbed_->content(), wanted = calm_->content();
    std::ranges::sort(have);
    std::ranges::sort(wanted);
    std::vector<std::string> found;
    std::ranges::set_symmetric_difference(have, wanted, std::back_inserter(found));
    return found;
  }

  // The process is the same, and everything is as it is without any fault.
  void expect_all_well() {
    put_everywhere();
    for (auto* side : {disturbed_.get(), calm_.get()})
      EXPECT_TRUE(eventually([&] { return side->all_loaded(); })) << side->loader->log();
    EXPECT_TRUE(disturbed_->loader->process().running());
    EXPECT_EQ(disturbed_->loader->process().pid(), pid_);
    EXPECT_EQ(disturbed_->value("SELECT count(*) FROM loader_holds"), "0");
    disturbed_->s3.on_request(nullptr);
    EXPECT_THAT(differences(), IsEmpty());
    std::vector<std::string> positions, wanted;
    for (const auto& message : JetStream(disturbed_->nats.url()).messages("told"))
      positions.push_back(message.headers.at("Paper-Engine-Outbox-Position"));
    for (std::size_t i = 1; i <= disturbed_->keys.size(); ++i) wanted.push_back(std::to_string(i));
    EXPECT_EQ(positions, wanted);
    for (auto* side : {disturbed_.get(), calm_.get()})
      EXPECT_EQ(side->loader->stop(SIGTERM), 0) << side->loader->log();
  }

  Fault bad_file();
  Fault altered_table();
  Fault lost_key();
  Fault locked_table();
  Fault drift();
  Fault refused_object();
  Fault rotated_password();
  Fault revoked_policy();

  PostgresServer server_;
  std::unique_ptr<Side> disturbed_, calm_;
  int pid_ = 0;
  int file_ = 0;
  bool drifted_ = false;
  std::mutex mutex_;                                 // guards what follows
  std::function<bool(const FakeRequest&)> refused_;  // by the disturbed loader's bucket
  int polls_ = 0;                                    // begun by the disturbed loader
  std::map<std::string, int> expected_;  // files of tables that aren't held: at which poll each was put
  std::vector<std::string> late_;        // of these, those that were loaded too late
  std::string held_;
  bool all_wait_ = false;
};

FaultScript::Fault FaultScript::bad_file() {
  const auto name = next_name();
  const auto bytes = gzipped(change_text("orders"));
  return {.name = "a bad file in one of three tables",
          .held = "orders",
          .strike =
              [=, this] {
                disturbed_->put_bytes("orders", name, bytes.substr(0, bytes.size() / 2));
                calm_->put_bytes("orders", name, bytes);
              },
          .cause = name + ".csv.gz: truncated gzip data",
          .metric = "held_tables{entity=\"orders\"} 1",
          .repair = [=, this] { disturbed_->put_bytes("orders", name, bytes); }};
}

FaultScript::Fault FaultScript::altered_table() {
  return {
      .name = "ALTER TABLE adds a constraint that no file meets",
      .held = "orders",
      .strike =
          [this] { disturbed_->execute("ALTER TABLE orders ADD CONSTRAINT narrow CHECK (n < 0) NOT VALID"); },
      .cause = "a check constraint is violated",
      .metric = "held_tables{entity=\"orders\"} 1",
      .repair = [this] { disturbed_->execute("ALTER TABLE orders DROP CONSTRAINT narrow"); }};
}

FaultScript::Fault FaultScript::lost_key() {
  return {.name = "ALTER TABLE drops the key",
          .held = "orders",
          .strike = [this] { disturbed_->execute("ALTER TABLE orders DROP CONSTRAINT orders_pkey"); },
          .cause = "primary key",
          .metric = "held_tables{entity=\"orders\"} 1",
          .repair = [this] { disturbed_->execute("ALTER TABLE orders ADD PRIMARY KEY (id)"); }};
}

// The lock is held over several tries, each of which waits for it in vain.
FaultScript::Fault FaultScript::locked_table() {
  auto locker = std::make_shared<Database>(server_.conninfo("disturbed"));
  return {
      .name = "a table is locked",
      .held = "orders",
      .strike = [locker] { locker->execute("BEGIN; LOCK TABLE orders IN SHARE MODE"); },
      .cause = "lock",
      .metric = "blocked_tables{entity=\"orders\"} 1",
      .repair = [locker] { locker->execute("COMMIT"); },
      .meanwhile =
          [=, this] {
            const auto backend = locker->value("SELECT pg_backend_pid()");
            EXPECT_THAT(log(), HasSubstr("held by backend " + backend));
            const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(all_faults() ? 60 : 0);
            EXPECT_TRUE(eventually(
                [&] {
                  put("fills");
                  std::this_thread::sleep_for(std::chrono::milliseconds(200));
                  return disturbed_->value("SELECT coalesce(max(tries), 0) >= 2 FROM loader_holds") == "t" &&
                         std::chrono::steady_clock::now() >= until;
                },
                std::chrono::minutes(2)));
          }};
}

FaultScript::Fault FaultScript::drift() {
  return {.name = "the files get a column that the table lacks",
          .held = "orders",
          .strike =
              [this] {
                calm_->execute("SET ROLE loader; ALTER TABLE orders ADD w int");
                drifted_ = true;
              },
          .cause = "the file has a column that table orders lacks: w",
          .metric = "held_tables{entity=\"orders\"} 1",
          .repair = [this] { disturbed_->execute("ALTER TABLE orders ADD w int"); }};
}

// As S3 refuses an archived object, while it gives all others.
FaultScript::Fault FaultScript::refused_object() {
  const auto key = fmt::format("dbo/orders/20220922-{:09}", 100000 + file_ + 1);
  return {
      .name = "one object is refused",
      .held = "orders",
      .strike =
          [=, this] {
            refuse(
                [key](const FakeRequest& request) { return request.target.find(key) != std::string::npos; });
          },
      .cause = "HTTP 403 AccessDenied",
      .metric = "held_tables{entity=\"orders\"} 1",
      .repair =
          [=, this] {
            refuse(nullptr);
            const auto asked = run_loader({program(), {"replay", key + ".csv.gz"}}, disturbed_->settings());
            EXPECT_EQ(asked.status, 0) << asked.err;
          }};
}

FaultScript::Fault FaultScript::rotated_password() {
  return {.name = "the password is rotated",
          .strike =
              [this] {
                Database(server_.conninfo())
                    .execute(
                        "ALTER ROLE loader PASSWORD 'second'; SELECT pg_terminate_backend(pid) FROM "
                        "pg_stat_activity WHERE usename = 'loader' AND datname = 'disturbed'");
                calm_->log_in_with("second");
              },
          .cause = "password authentication failed",
          .metric = "errors_total{kind=\"permanent\",step=\"apply\"}",
          .repair = [this] { disturbed_->log_in_with("second"); }};
}

FaultScript::Fault FaultScript::revoked_policy() {
  return {.name = "the bucket's policy is revoked",
          .strike = [this] { refuse([](const FakeRequest&) { return true; }); },
          .cause = "HTTP 403 AccessDenied",
          .metric = "errors_total{kind=\"permanent\",step=\"discover\"}",
          .repair = [this] { refuse(nullptr); }};
}

TEST_F(FaultScript, OneCauseAfterTheOther) {
  ASSERT_NO_FATAL_FAILURE(begin());
  run(bad_file());
  run(revoked_policy());
  run(altered_table());
  run(rotated_password());
  run(lost_key());
  run(drift());
  run(refused_object());
  run(locked_table());
  expect_all_well();
}

TEST_F(FaultScript, TheServersDiskIsFull) {
  const SmallDisk disk(server_.data_directory());
  if (!disk) GTEST_SKIP() << "a small disk can't be mounted here";
  Database sql(server_.conninfo());
  sql.execute(fmt::format("CREATE TABLESPACE small LOCATION '{}'", disk.path()));
  sql.execute("GRANT CREATE ON TABLESPACE small TO loader");
  ASSERT_NO_FATAL_FAILURE(begin("small"));
  std::string rows;
  for (int id = 10'000; id < 15'000; ++id) rows += fmt::format("I,{},{:0>100},1\n", id, id);
  run({.name = "the disk is full",
       .strike =
           [&] {
             disk.fill();
             const auto name = next_name();
             for (auto* side : {disturbed_.get(), calm_.get()})
               side->put("executions", name, "Op,id,v,n\n" + rows);
           },
       .cause = "No space left on device",
       .metric = "errors_total{kind=\"retry\",step=\"apply\"}",
       .repair = [&] { disk.empty(); }});
  expect_all_well();
  disturbed_.reset();
  sql.execute("DROP DATABASE disturbed WITH (FORCE)");
  sql.execute("DROP TABLESPACE small");
}

}  // namespace
}  // namespace peo::test
