// Faults between the loader and PostgreSQL: at each statement of the way of a delivery, before the server has
// heard it and after the server has answered, the loader is killed, the connection cut, the session or the
// server ended.
#include <array>

#include "fault_world.hpp"
#include "support/small_disk.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;

struct Step {
  std::string name;
  GateRule at;
};

const std::vector<Step>& steps() {
  static const std::vector<Step> list{
      {"connect", {.words = "application_name"}},
      {"lock", {.statement = "lock"}},
      {"discover: the ledger is asked", {.statement = "ledger_find"}},
      {"apply, direct: the transaction begins", {.words = "BEGIN", .after = "ledger_find"}},
      {"apply, direct: rows", {.words = "COPY \"public\".\"orders\""}},
      {"apply, direct: the key is built", {.words = "ADD CONSTRAINT", .after = "build_settings"}},
      {"record, of full loads", {.statement = "record"}},
      {"commit, of full loads", {.words = commit, .after = "record"}},
      {"apply, staged: the transaction begins", {.words = "BEGIN", .after = "create_staging"}},
      {"apply, staged: rows are applied", {.statement = "apply"}},
      {"commit, of a change", {.words = commit, .after = "apply"}},
      // The first two times it is prepared, once for each table.
      {"small: the first", {.statement = "apply_batch", .nth = 3}},
      {"small: in the middle", {.statement = "apply_batch", .nth = 9}},
      {"small: several in a statement", {.statement = "apply_batch", .nth = 18}},
      {"small: the barrier", {.words = "SET one = one"}},
      {"small: the second barrier", {.words = "SET one = one", .nth = 2}},
      {"notify: marked as published", {.statement = "outbox_published", .after = "apply"}},
  };
  return list;
}

enum class Blow { Kill, Cut, EndSession };

class PostgresFaults : public FaultWorld {
 protected:
  void strike(const Step& step, Moment moment, Blow blow) {
    new_target();
    auto rule = step.at;
    rule.moment = moment;
    rule.action = [&, blow] {
      if (blow == Blow::Kill) loader_->process().signal(SIGKILL);
      if (blow == Blow::EndSession) end_sessions();
      return blow == Blow::EndSession ? Fate::Pass : Fate::Cut;
    };
    postgres_gate_.at(rule);
    const auto killed = run_to_the_end();
    EXPECT_TRUE(postgres_gate_.rule_used()) << "the moment never came: " << step.name << "\n"
                                            << loader_->log();
    EXPECT_EQ(killed, blow == Blow::Kill ? 1 : 0);
    expect_all_well();
  }

  // The loader's own that writes, or any: the postmaster ends all the others and recovers.
  void kill_a_backend() const {
    const auto pid = Database(server_.conninfo())
                         .value(fmt::format("SELECT min(pid) FROM pg_stat_activity WHERE datname = '{}'",
                                            database_->name()));
    ::kill(std::stoi(pid), SIGKILL);
  }

  void end_sessions() const {
    Database(server_.conninfo())
        .execute(fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
                             database_->name()));
  }
};

TEST_F(PostgresFaults, NothingHappens) {
  new_target();
  EXPECT_EQ(run_to_the_end(), 0);
  expect_all_well();
  Database sql(database_->conninfo());
  ApplyOracle oracle(sql, stream_.tables);
  for (const auto& row : sql.rows("SELECT delivery_id, object_key FROM loader_deliveries ORDER BY 1")) {
    for (const auto& file : stream_.files) {
      if (file.object_key == row[1]) oracle.apply(file, std::stoull(row[0].value()));
    }
  }
  EXPECT_THAT(oracle.differences(), ::testing::IsEmpty());
}

// Every step × moment × blow by hand; otherwise each step once, with the blows and moments in turn.
TEST_F(PostgresFaults, AtEachStep) {
  const std::array blows{Blow::Kill, Blow::Cut, Blow::EndSession};
  std::size_t turn = 0;
  for (const auto& step : steps()) {
    ++turn;
    for (const auto moment : {Moment::Before, Moment::AfterAnswer}) {
      for (std::size_t i = 0; i < blows.size(); ++i) {
        const bool chosen = i == turn % blows.size() && (moment == Moment::Before) == (turn % 2 == 0);
        if (!all_faults() && !chosen) continue;
        SCOPED_TRACE(fmt::format("{}: {}, {}", step.name, moment == Moment::Before ? "before" : "after",
                                 std::array{"killed", "cut", "session ended"}.at(i)));
        strike(step, moment, blows.at(i));
      }
    }
  }
}

// The server answers with errors that may pass: too many at a time, a full disk, a cancelled statement.
TEST_F(PostgresFaults, AnswersWithAnError) {
  for (const std::string code : {"40001", "53100", "57014"}) {
    for (const std::string table :
         {"orders", "executions", "loader_state", "loader_deliveries", "loader_outbox"}) {
      for (const int nth : {1, 3, 8}) {
        if (!all_faults() &&
            (code != "40001" || nth != (table == "orders" ? 3 : 1) || table == "loader_outbox"))
          continue;
        SCOPED_TRACE(fmt::format("{} at statement {} of {}", code, nth, table));
        new_target();
        const Bucket empty;
        ASSERT_EQ(run_loader(loader_command, settings({{"SOURCE", empty.source()}})).status,
                  0);  // its tables
        Database sql(database_->conninfo());
        sql.execute(fmt::format(
            "CREATE SEQUENCE fails; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
            "nextval('public.fails') = {} THEN RAISE EXCEPTION 'told to' USING ERRCODE = '{}'; END IF; "
            "RETURN NULL; "
            "END $$;"
            "CREATE TRIGGER fail AFTER INSERT OR UPDATE OR DELETE ON {} FOR EACH STATEMENT EXECUTE FUNCTION "
            "fail()",
            nth, code, table));
        EXPECT_EQ(run_to_the_end(), 0);
        EXPECT_THAT(texts_of(loader_->log(), "ERROR"), ::testing::IsEmpty()) << loader_->log();
        EXPECT_GE(std::stoi(sql.value("SELECT last_value FROM fails")), nth);
        expect_all_well();
      }
    }
  }
}

// The server falls while it is being asked: shut down without a word, or because one of its backends was
// killed, as the kernel does when memory is short. Both throw away what is not on disk yet: between the last
// small delivery and the barrier, those deliveries, with their ledger rows, and they come again.
TEST_F(PostgresFaults, TheServerFalls) {
  for (const auto& step : steps()) {
    const auto& name = step.name;
    const bool chosen = name == "apply, direct: rows" || name == "small: the barrier";
    if (!chosen && !all_faults()) continue;
    for (const bool backend : {false, true}) {
      for (const auto moment : {Moment::Before, Moment::AfterAnswer}) {
        if (!all_faults() && backend == (moment == Moment::Before)) continue;
        SCOPED_TRACE(fmt::format("{}: {}, {}", name, moment == Moment::Before ? "before" : "after",
                                 backend ? "a backend is killed" : "immediate shutdown"));
        new_target();
        auto rule = step.at;
        rule.moment = moment;
        rule.action = [&, backend] {
          if (backend) {
            kill_a_backend();
          } else {
            server_.stop(StopMode::Immediate);
            server_.start();
          }
          return Fate::Pass;
        };
        postgres_gate_.at(rule);
        EXPECT_EQ(run_to_the_end(), 0);
        EXPECT_TRUE(postgres_gate_.rule_used()) << loader_->log();
        EXPECT_THAT(texts_of(loader_->log(), "ERROR"), ::testing::IsEmpty()) << loader_->log();
        expect_all_well();
      }
    }
  }
}

TEST_F(PostgresFaults, SlowThrottledAndOutOfReach) {
  {
    SCOPED_TRACE("slow");
    new_target();
    postgres_gate_.faults({.delay = std::chrono::milliseconds(4)});
    run_to_the_end();
    expect_all_well();
  }
  {
    SCOPED_TRACE("throttled");
    new_target();
    postgres_gate_.faults({.bytes_per_second = 2'000'000});
    run_to_the_end();
    expect_all_well();
  }
  {
    SCOPED_TRACE("refused, then cut again and again after some bytes");
    new_target();
    postgres_gate_.faults({.refuse = true});
    loader_ = std::make_unique<RunningLoader>(loader_command, settings());
    ASSERT_TRUE(loader_->says("Retrying")) << loader_->log();
    for (std::uint64_t bytes = 4000; loader_->process().running() && bytes < 2'000'000;
         bytes = bytes * 3 / 2) {
      postgres_gate_.faults({.cut_after = bytes});
      const auto before = postgres_gate_.connections();
      eventually([&] { return !loader_->process().running() || postgres_gate_.connections() > before + 1; },
                 std::chrono::seconds(3));
    }
    postgres_gate_.faults({});
    EXPECT_EQ(loader_->process().wait(), 0) << loader_->log();
    expect_all_well();
  }
}

// The disk of the table is full: the loader says so, waits, and goes on when there is room.
TEST_F(PostgresFaults, TheDiskIsFull) {
  const SmallDisk disk(server_.data_directory());
  if (!disk) GTEST_SKIP() << "a small disk can't be mounted here";
  new_target();
  Database sql(database_->conninfo());
  sql.execute(fmt::format("CREATE TABLESPACE small LOCATION '{}'", disk.path()));
  sql.execute("ALTER TABLE orders SET TABLESPACE small");
  disk.fill();
  loader_ = std::make_unique<RunningLoader>(loader_command, settings());
  ASSERT_TRUE(loader_->says("Retrying")) << loader_->log();
  EXPECT_THAT(loader_->log(), HasSubstr("No space left on device"));
  EXPECT_THAT(loader_->log(), HasSubstr("disk"));
  disk.empty();
  EXPECT_EQ(loader_->process().wait(), 0) << loader_->log();
  expect_all_well();
  sql.execute("ALTER TABLE orders SET TABLESPACE pg_default");
  sql.execute("DROP TABLESPACE small");
}

}  // namespace
}  // namespace peo::test
