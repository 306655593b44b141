// The verbs of the program against real servers: what they print, their exit codes, and that they change
// nothing that they shouldn't.
#include <regex>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST_F(Verbs, EachExplainsItself) {
  for (const char* name :
       {"check", "plan", "status", "verify", "migrate", "healthcheck", "psql", "completion"}) {
    const auto ran = run_loader({program(), {name, "--help"}}, {});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(fmt::format("paper-engine-orders {}", name)));
  }
  EXPECT_EQ(run_loader({program(), {"check", "--limit", "3"}}, {}).status, 64);
  EXPECT_EQ(run_loader({program(), {"verify", "--limit", "x"}}, {}).status, 64);
  EXPECT_EQ(run_loader({program(), {"completion", "cmd"}}, {}).status, 64);
}

// The settings of a service, for the commands beside it. What the environment says counts more.
TEST_F(Verbs, AFileOfVariables) {
  two_tables();
  const TempDir directory;
  const auto file = directory.path() / "loader.env";
  std::string text = "# of the service\n";
  for (const auto& [name, value] : settings()) text += name + "=" + value + "\n";
  write_file(file, text + "LOG_FORMAT=json\n");
  EXPECT_EQ(run_loader({program(), {"--env-file", file.string()}}, {}).status, 0);
  const auto ran = run_loader({program(), {"status", "--json", "--env-file", file.string()}}, {});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(json::parse(ran.out)["entities"]["orders"]["deliveries"], 2);
  const auto shown =
      run_loader({program(), {"--print-config", "--env-file", file.string()}}, {{"LOG_FORMAT", "text"}});
  EXPECT_THAT(shown.out, HasSubstr("LOG_FORMAT=text"));
  const auto missing = run_loader({program(), {"status", "--env-file", "/none.env"}}, {});
  EXPECT_EQ(missing.status, 78);
  EXPECT_THAT(missing.err, HasSubstr("Correct the path after --env-file"));
}

// Commands that look write nothing: no sample bucket, no database.
TEST_F(Verbs, NothingIsWrittenWhereNothingIs) {
  const TempDir directory;
  const auto data = directory.path() / "data";
  const LoaderSettings nothing{{"DATA_DIR", data.string()}, {"METRICS_ADDRESS", ""}};
  for (const auto& [name, status] :
       std::map<std::string, int>{{"plan", 78}, {"status", 0}, {"verify", 78}, {"check", 0}}) {
    const auto ran = run_loader({program(), {name}}, nothing);
    EXPECT_EQ(ran.status, status) << name << ": " << ran.out << ran.err;
    EXPECT_FALSE(std::filesystem::exists(data)) << name;
  }
}

TEST_F(Verbs, StatusAsksTheLoaderWhenPostgresDoesntAnswer) {
  two_tables();
  const auto role = "reader_of_" + value("SELECT current_database()");
  execute(fmt::format("CREATE ROLE {} SUPERUSER LOGIN PASSWORD 'known'", role));
  const auto port = free_port();
  const auto there = settings({{"TARGET", database_.conninfo() + " user=" + role + " password=known"},
                               {"METRICS_ADDRESS", fmt::format("127.0.0.1:{}", port)},
                               {"RUN_AS_SERVICE", "True"}});
  {
    RunningLoader service(loader_command, there);
    ASSERT_TRUE(service.says("Up to date")) << service.log();
    EXPECT_EQ(json::parse(run_loader({program(), {"status", "--json"}}, there).out)["target_trouble"],
              nullptr);
    // Filled by the page's own look at the ledger.
    ASSERT_TRUE(eventually([&] {
      const auto page = json::parse(run_loader({program(), {"status", "--json"}}, there).out)["process"];
      return page.is_object() && page["entities"]["orders"]["deliveries"] == 2;
    }));
    execute(
        fmt::format("ALTER ROLE {0} NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE usename = '{0}'",
                    role));
    ASSERT_TRUE(service.says("is not permitted to log in")) << service.log();
    const auto ran = run_loader({program(), {"status", "--json"}}, there);
    EXPECT_EQ(ran.status, 0) << ran.err;
    const auto status = json::parse(ran.out);
    EXPECT_EQ(status["state"], "stuck");
    EXPECT_THAT(status["target_trouble"].get<std::string>(), HasSubstr("not permitted to log in"));
    EXPECT_EQ(status["entities"]["orders"]["deliveries"], 2);
    EXPECT_THAT(run_loader({program(), {"status"}}, there).out, HasSubstr("The target can't be queried"));
    // Of another target it knows nothing.
    auto other = there;
    other["TARGET"] += " application_name=x port=1";
    EXPECT_NE(run_loader({program(), {"status"}}, other).status, 0);
    EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  }
  execute(fmt::format("REASSIGN OWNED BY {0} TO postgres; DROP ROLE {0}", role));
}

// What bash makes of it: verbs after the program, options after a verb.
TEST_F(Verbs, BashCompletes) {
  const auto script = peo::test::run({program(), "completion", "bash"});
  EXPECT_EQ(script.status, 0);
  const auto complete = [&](const std::string& words, int at) {
    const auto ran =
        peo::test::run({"bash", "-c",
                        script.out + fmt::format("\nCOMP_WORDS=(paper-engine-orders {}); COMP_CWORD={}; "
                                                 "_paper_engine_orders; echo \"${{COMPREPLY[*]}}\"",
                                                 words, at)});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.out;
  };
  EXPECT_EQ(complete("ver", 1), "verify\n");
  EXPECT_EQ(complete("verify --l", 2), "--limit\n");
  EXPECT_EQ(complete("completion f", 2), "fish\n");
}

TEST_F(Verbs, PlanSaysWhatARunThenDoes) {
  two_tables();
  const auto before = dumped();
  const auto plan = told({"plan"});
  EXPECT_EQ(dumped(), before);
  EXPECT_EQ(plan["safe"], true);
  EXPECT_EQ(plan["files_total"], 3);
  EXPECT_EQ(plan["entities"]["orders"]["effects"], (json{{"CREATE", 4}, {"AMEND", 1}, {"REMOVE", 1}}));
  load();
  std::vector<std::string> planned;
  for (const auto& file : plan["files"]) {
    planned.push_back(fmt::format("{}|{}|{}", file["effects"]["CREATE"].get<int>(),
                                  file["effects"]["AMEND"].get<int>(), file["effects"]["REMOVE"].get<int>()));
  }
  EXPECT_EQ(planned, ledger_counts());
  const auto nothing = verb({"plan"});
  EXPECT_EQ(nothing.status, 0);
  EXPECT_THAT(nothing.out, MatchesRegex("State: caught up: All files found are loaded; the whole bucket was "
                                        "last listed [^\n]* ago\\.\nUp to date: every file is loaded\\.\n"));
}

// It lists the whole bucket, a loader only what is new: a late file may have to wait for a full listing.
TEST_F(Verbs, PlanNamesALateFileThatAPollDoesNotList) {
  two_tables();
  for (const auto& [key, bytes] : bucket_.objects())  // a name of the future would have all files listed
    if (key.find("/2099") != std::string::npos) std::filesystem::remove(bucket_.directory() / key);
  bucket_.change("orders", "20220922-100000000", "U,1,x,1\n");
  load();
  bucket_.change("orders", "20220922-095959000", "U,1,late,1\n");
  EXPECT_THAT(verb({"plan"}).out, Not(HasSubstr("late file")));
  const auto key = bucket_.change("orders", "20200101-000000000", "U,1,late,1\n");
  EXPECT_THAT(verb({"plan"}).out, HasSubstr("1 late file, " + key + ", sorts before what a poll lists"));
  EXPECT_EQ(told({"plan"})["files"][0]["late"], true);
}

TEST_F(Verbs, PlanIs65WhenAFileIsRefused) {
  two_tables();
  bucket_.change("orders", "20990101-000000002", "U,1,x,many\n");
  const auto plan = told({"plan"}, 65);
  EXPECT_EQ(plan["safe"], false);
  EXPECT_EQ(plan["files_total"], 3);  // what could be planned is told all the same
  const auto ran = verb({"plan"});
  EXPECT_THAT(ran.out, HasSubstr("Not everything can be loaded"));
  EXPECT_THAT(ran.err, HasSubstr("20990101-000000002.csv.gz line 1"));
}

// The reason is in the document, and a stop leaves nothing that looks like an answer.
TEST_F(Verbs, PlanIsNeverSafeByHalf) {
  two_tables();
  bucket_.change("orders", "20990101-000000002", "U,1,x,many\n");
  EXPECT_THAT(told({"plan"}, 65)["why"].get<std::string>(), HasSubstr("20990101-000000002.csv.gz"));
  Database session(database_.conninfo());
  session.execute("BEGIN; LOCK TABLE fills");
  RunningLoader plan({program(), {"plan", "--json"}}, settings());
  ASSERT_TRUE(eventually([&] {
    return Database(database_.conninfo()).value("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0";
  }));
  EXPECT_EQ(plan.stop(SIGTERM), 75);
  const auto document = json::parse(plan.process().out(), nullptr, false);
  EXPECT_EQ(document["exit_code"], 75) << plan.process().out();
  EXPECT_FALSE(document.contains("safe"));
}

// Who asks for JSON gets JSON, of an error too.
TEST_F(Verbs, ErrorsAreJsonToo) {
  two_tables();
  EXPECT_THAT(told({"verify", "nothing"}, 64)["error"].get<std::string>(),
              HasSubstr("there is no table nothing"));
  const LoaderSettings wrong{{"MIN_SLEEP", "soon"}};
  for (const char* name : {"check", "plan", "status", "verify", "migrate", "healthcheck"}) {
    const auto document = told({name}, 78, wrong);
    EXPECT_EQ(document["ok"], false) << name;
    EXPECT_EQ(document["exit_code"], 78) << name;
  }
  EXPECT_EQ(told({"replay", "no/such/file.csv.gz"}, 78)["exit_code"], 78);
}

// An answer that was cut short by a full disk is none, and exit code 0 would call it one.
TEST_F(Verbs, AFullDiskBehindStandardOutputIsAnError) {
  two_tables();
  const auto all = settings({{"METRICS_ADDRESS", fmt::format("127.0.0.1:{}", free_port())}});
  for (const char* words : {"check", "plan", "status", "verify", "migrate", "healthcheck", "completion bash",
                            "--help", "--version", "--config-sample", "--print-config", "profile"}) {
    const auto ran =
        run_loader({"/bin/sh", {"-c", fmt::format("exec '{}' {} > /dev/full", program(), words)}}, all);
    EXPECT_EQ(ran.status, 74) << words << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("can't write to standard output: No space left on device")) << words;
  }
  // Who reads only the beginning has what they wanted.
  const auto ran =
      run_loader({"/bin/bash", {"-c", fmt::format("'{}' status | true; exit ${{PIPESTATUS[0]}}", program())}},
                 settings());
  EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST_F(Verbs, StatusBeforeBetweenAndAfter) {
  two_tables();
  EXPECT_EQ(told({"status"})["state"], "not loaded yet");
  load();
  auto status = told({"status"});
  EXPECT_EQ(status["state"], "caught up");
  EXPECT_EQ(status["loader"], nullptr);
  EXPECT_EQ(status["entities"]["orders"]["rows_read"], 6);
  EXPECT_EQ(status["entities"]["orders"]["last_delivery"]["key"], "dbo/orders/20990101-000000001.csv.gz");
  EXPECT_EQ(status["entities"]["orders"]["last_hour"]["files"], 2);
  bucket_.change("orders", "20990101-000000002", "U,1,AA,2\n");
  status = told({"status"});
  EXPECT_EQ(status["state"], "behind");
  EXPECT_EQ(status["entities"]["orders"]["backlog"]["files"], 1);
  EXPECT_EQ(status["entities"]["fills"]["backlog"]["files"], 0);
  EXPECT_EQ(told({"status", "--no-bucket"})["entities"]["orders"]["backlog"], nullptr);
  const auto ran = verb({"status"});
  EXPECT_THAT(ran.out, HasSubstr("behind: 1 file"));
  EXPECT_THAT(ran.out, HasSubstr("29 B, the oldest written "));
  EXPECT_THAT(ran.out, HasSubstr("none is active"));
  EXPECT_THAT(texts_of(ran.err, "ERROR"), IsEmpty());
}

TEST_F(Verbs, StatusSaysWhatIsHeldWithoutALoaderToo) {
  two_tables();
  load();
  bucket_.change("orders", "20981231-235959000", "U,1,late,1\n");
  const auto status = told({"status"}, 0, {{"LATE_FILES", "hold"}});
  EXPECT_EQ(status["state"], "held");
  EXPECT_THAT(status["entities"]["orders"]["held"].get<std::string>(),
              HasSubstr("20981231-235959000.csv.gz: it arrived late"));
  EXPECT_EQ(told({"status"})["state"], "behind");
  const auto asked = told({"skip", "dbo/orders/20981231-235959000.csv.gz", "--reason", "known"});
  EXPECT_EQ(asked["requests"][0]["verb"], "skip");
  EXPECT_EQ(told({"status"}, 0, {{"LATE_FILES", "hold"}})["state"], "behind");
}

// On a terminal a bar is written over and over, below whole lines of the log; a pipe or a JSON log gets none.
TEST_F(Verbs, AProgressBarOnATerminalOnly) {
  two_tables();
  const auto on_terminal = [&](const LoaderSettings& more) {
    ProcessOptions options;
    options.clear_environment = true;
    options.environment = settings(more);
    options.environment.insert({{"RUN_AS_SERVICE", "False"}, {"METRICS_ADDRESS", ""}, {"TERM", "xterm"}});
    return peo::test::run({"script", "-qec", program(), "/dev/null"}, options);
  };
  const auto json = on_terminal({{"LOG_FORMAT", "json"}, {"DRY_RUN", "True"}});
  EXPECT_EQ(json.status, 0) << json.out;
  EXPECT_THAT(json.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(run({{"DRY_RUN", "True"}}).err, Not(HasSubstr("\x1b")));
  const auto ran = on_terminal({});
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("\r\x1b[KDelivery 1 [########################] 100 % 3/~3 rows"));
  // Without the bars there is the log as ever.
  const std::regex bar("\r\x1b\\[K(Delivery [0-9]+ \\[[^/]*/~[0-9]+ rows, [0-9]+/s)?|\r");
  const auto log = std::regex_replace(ran.out, bar, "");
  EXPECT_THAT(log, Not(HasSubstr("\x1b")));
  for (const auto& line : log_lines(log)) EXPECT_NE(line.level, "") << "not a log line: " << line.text;
}

TEST_F(Verbs, StatusAndHealthcheckBesideALoader) {
  two_tables();
  const auto port = std::to_string(free_port());
  const LoaderSettings more{{"METRICS_ADDRESS", port}};
  EXPECT_EQ(verb({"healthcheck"}, more).status, 69);
  EXPECT_EQ(verb({"healthcheck"}, {{"METRICS_ADDRESS", ""}}).status, 78);
  auto service_settings = settings(more);
  service_settings["RUN_AS_SERVICE"] = "True";
  RunningLoader service(loader_command, service_settings);
  ASSERT_TRUE(service.says("Delivery 3: processed")) << service.log();
  EXPECT_TRUE(eventually([&] { return verb({"healthcheck", "--ready"}, more).status == 0; }));
  EXPECT_EQ(told({"healthcheck"}, 0, more)["ok"], true);
  const auto status = told({"status"}, 0, more);
  EXPECT_EQ(status["state"], "caught up");
  EXPECT_THAT(status["loader"].get<std::string>(), HasSubstr("backend"));
  EXPECT_TRUE(eventually([&] { return told({"status"}, 0, more)["process"]["state"] == "caught up"; }));
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

TEST_F(Verbs, VerifyFindsWhatDiffers) {
  two_tables();
  load();
  auto verified = told({"verify"});
  EXPECT_EQ(verified["equal"], true);
  EXPECT_EQ(verified["entities"]["orders"]["files"], 2);
  EXPECT_EQ(verified["entities"]["orders"]["table_rows"], 3);
  // As somebody might have done by hand.
  execute(
      "UPDATE orders SET v = 'x', w = NULL WHERE id = 1; DELETE FROM orders WHERE id = 3; INSERT INTO orders "
      "VALUES "
      "(7, 'seven', 7, 0, 0)");
  const auto before = dumped();
  verified = told({"verify", "orders"}, 65);
  EXPECT_EQ(dumped(), before);
  const auto orders = verified["entities"]["orders"];
  EXPECT_EQ(orders["missing"], (json{{"count", 1}, {"first", json::array({json{{"key", {{"id", 3}}}}})}}));
  EXPECT_EQ(orders["extra"], (json{{"count", 1}, {"first", json::array({json{{"key", {{"id", 7}}}}})}}));
  EXPECT_EQ(orders["different"]["first"][0], (json{{"key", {{"id", 1}}}, {"columns", {"v", "w"}}}));
  EXPECT_FALSE(verified["entities"].contains("fills"));
  const auto ran = verb({"verify"});
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.out, HasSubstr("orders: not equal: 1 missing, 1 extra, 1 different"));
  EXPECT_THAT(ran.out, HasSubstr("different {\"id\": 1}: v, w"));
  EXPECT_THAT(ran.out, HasSubstr("fills: equal, 1 row"));
  // A table by its name at the source; a misspelt one.
  EXPECT_THAT(verb({"verify", "dbo.Orders"}).out, HasSubstr("orders: not equal"));
  const auto misspelt = verb({"verify", "oders"});
  EXPECT_EQ(misspelt.status, 64);
  EXPECT_THAT(misspelt.err, HasSubstr("Did you mean orders?"));
}

// What no file brings is not the loader's to judge; and a key that was changed in between is followed.
TEST_F(Verbs, VerifyLeavesColumnsAloneThatNoFileBrings) {
  execute(table_sql("orders", "id int PRIMARY KEY, v text, note text"));
  const LoaderSettings columns{{"COLUMNS", "orders=Op,id,v"}};
  bucket_.load("orders", 1, "1,a\n2,b\n");
  bucket_.change("orders", "20990101-000000001", "U,2,B\n");
  load(columns);
  execute("UPDATE orders SET note = 'ours' WHERE id = 1");
  EXPECT_EQ(told({"verify"}, 0, columns)["equal"], true);
  execute("UPDATE orders SET v = 'ours' WHERE id = 1");
  EXPECT_EQ(told({"verify"}, 65, columns)["entities"]["orders"]["different"]["count"], 1);
}

// As the loader keeps it: late files in their place, files written again with the same bytes under their new
// ETag, a skipped file not at all, a reload in place of all before it.
TEST_F(Verbs, VerifyTakesFilesAsThePoliciesDid) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.load("t", 1, "1,a\n2,b\n3,c\n");
  bucket_.change("t", "20990101-000000020", "U,1,A\nD,3,\n");
  load();
  bucket_.change("t", "20990101-000000010", "U,1,late\nU,2,late\nU,3,late\n");
  load();
  EXPECT_EQ(query("SELECT id, v FROM t ORDER BY id"), (std::vector<std::string>{"1|A", "2|late"}));
  EXPECT_EQ(told({"verify"})["entities"]["t"]["files"], 3);
  // Skipped when it came: not a part of it.
  bucket_.change("t", "20990101-000000005", "U,2,never\n");
  told({"skip", "dbo/t/20990101-000000005.csv.gz", "--reason", "known"});
  load();
  // The same bytes under another ETag.
  const auto copied = bucket_.directory() / "dbo/t/20990101-000000020.csv.gz";
  std::filesystem::last_write_time(copied,
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  load();
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries WHERE noted_etag IS NOT NULL"), "1");
  auto verified = told({"verify"});
  EXPECT_EQ(verified["equal"], true);
  EXPECT_EQ(verified["entities"]["t"]["files"], 3);
  // A reload: only its own files, and changes named after it, count.
  bucket_.load("t", 1, "1,x\n7,y\n");
  std::filesystem::last_write_time(bucket_.directory() / "dbo/t/LOAD00000001.csv.gz",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  load();
  verified = told({"verify"});  // changes of 2099 update what the reload doesn't hold
  EXPECT_EQ(verified["entities"]["t"]["missing"]["count"], 0);
  EXPECT_EQ(verified["entities"]["t"]["doubtful"]["count"], 2);
}

// A key that changes: with a before-image the row goes from its old key. Without, it stays there too, which
// the files can't tell apart; only the update of a row that nobody brought shows it.
TEST_F(Verbs, VerifyDoubtsAKeyThatChangedWithoutABeforeImage) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  const LoaderSettings unaware{{"COLUMNS", "t=Op,id,v,-BI_id"}};
  const LoaderSettings aware{{"COLUMNS", "t=Op,id,v,BI_id"}};
  bucket_.load("t", 1, "1,a\n2,b\n");
  bucket_.change("t", "20990101-000000001", "U,9,a,1\nU,2,B,2\nI,3,c,\nU,3,C,3\n");
  load(unaware);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "4");
  const auto doubtful = told({"verify"}, 0, unaware)["entities"]["t"];
  EXPECT_EQ(doubtful["extra"]["count"], 0);
  EXPECT_EQ(doubtful["doubtful"], (json{{"count", 1}, {"first", json::array({json{{"key", {{"id", 9}}}}})}}));
  EXPECT_THAT(verb({"verify"}, unaware).out, HasSubstr("1 update of rows that no file had inserted"));
  // With the before-image the files say that the old row is one too many.
  const auto orphan = told({"verify"}, 65, aware)["entities"]["t"];
  EXPECT_EQ(orphan["extra"]["first"], json::array({json{{"key", {{"id", 1}}}}}));
  EXPECT_EQ(orphan["doubtful"]["count"], 0);
}

TEST_F(Verbs, VerifyListsNoMoreThanItsLimit) {
  execute(table_sql("orders", "id int PRIMARY KEY"));
  bucket_.load("orders", 1, "1\n2\n3\n4\n5\n");
  load();
  execute("DELETE FROM orders");
  const auto orders = told({"verify", "--limit", "2"}, 65)["entities"]["orders"];
  EXPECT_EQ(orders["missing"]["count"], 5);
  EXPECT_EQ(orders["missing"]["first"].size(), 2U);
  EXPECT_THAT(verb({"verify", "--limit", "2"}).out, HasSubstr("… and 3 more missing"));
}

// A file that is not what was loaded can't be compared, and says so.
TEST_F(Verbs, VerifyNeedsTheFilesThatWereLoaded) {
  two_tables();
  load();
  bucket_.remove("dbo/orders/LOAD00000001.csv.gz");
  const auto ran = verb({"verify"});
  EXPECT_NE(ran.status, 0);
  EXPECT_THAT(ran.out, HasSubstr("orders: comparison failed"));
  EXPECT_THAT(ran.out, HasSubstr("LOAD00000001.csv.gz"));
  EXPECT_THAT(ran.out, HasSubstr("fills: equal"));
}

TEST_F(Verbs, MigrateMakesTheTablesAndLoadsNothing) {
  bucket_.load("orders", 1, "");
  const LoaderSettings shipped{{"ENTITIES", "shipped"}};
  const auto migrated = told({"migrate"}, 0, shipped);
  EXPECT_THAT(migrated["applied"].dump(), HasSubstr("loader/001_loader.sql"));
  EXPECT_EQ(migrated["tables"], json::array({"executions", "orders", "strategies"}));
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "0");
  const auto again = verb({"migrate"}, shipped);
  EXPECT_EQ(again.out, "Up to date: all migrations are applied.\n");
}

// Nothing configured, after a run: its own PostgreSQL is used for the look, and stopped again.
TEST_F(Verbs, TheEmbeddedTargetToo) {
  TempDir data;
  bucket_.load("orders", 1, "");
  const LoaderSettings embedded{{"TARGET", ""}, {"ENTITIES", ""}, {"DATA_DIR", data.path().string()}};
  EXPECT_THAT(verb({"check"}, embedded).out, HasSubstr("a run creates an embedded PostgreSQL"));
  EXPECT_EQ(told({"status"}, 0, embedded)["state"], "not loaded yet");
  EXPECT_EQ(verb({"verify"}, embedded).status, 78);
  ASSERT_EQ(run(embedded).status, 0);
  EXPECT_EQ(told({"status"}, 0, embedded)["state"], "caught up");
  EXPECT_EQ(verb({"verify"}, embedded).status, 0);
}

}  // namespace
}  // namespace peo::test
