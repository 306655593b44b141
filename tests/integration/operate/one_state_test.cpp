// One state: the page, /readyz, status, plan and check show the same word and the same sentence, beside a
// loader and, but for the first two, without one.
#include <filesystem>
#include <regex>

#include "fixture.hpp"
#include "support/bucket_s3.hpp"
#include "support/http_get.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

class OneState : public Verbs {
 protected:
  void SetUp() override { two_tables(); }

  static std::string without_age(const std::string& text) {
    return std::regex_replace(text, std::regex("(, the oldest written|last listed) [^.]*(\\.[0-9][^.]*)?ago"),
                              "");
  }
  static std::string text_of(const json& state, const char* why = "why") {
    return without_age(state.value("state", "") + ": " + state.value(why, ""));
  }

  // By each of the commands: "held: Nothing more is loaded into …".
  std::vector<std::string> told_by_commands(const LoaderSettings& more) const {
    const auto document = [&](const char* name) {
      const auto ran = verb({name, "--json"}, more);
      auto answer = json::parse(ran.out, nullptr, false);
      EXPECT_TRUE(answer.is_object()) << name << ran.out << ran.err;
      return answer;
    };
    std::vector<std::string> states{text_of(document("status")), text_of(document("plan"), "state_why")};
    for (const auto& finding : document("check").value("findings", json::array())) {
      const auto text = finding.value("text", "");
      if (text.starts_with("State: ")) states.push_back(without_age(text.substr(7)));
    }
    EXPECT_EQ(states.size(), 3U);
    return states;
  }

  void expect_everywhere(const std::string& word, const std::string& why, const LoaderSettings& more = {}) {
    const auto as_told = AllOf(HasSubstr(word + ": "), HasSubstr(why));
    {
      auto beside = more;
      beside["METRICS_ADDRESS"] = std::to_string(port_);
      auto service_settings = settings(beside);
      service_settings.insert({{"RUN_AS_SERVICE", "True"}, {"MIN_SLEEP", "100ms"}, {"MAX_SLEEP", "100ms"}});
      beside["MAX_SLEEP"] = "100ms";  // how long a file may wait follows from it
      beside["MIN_SLEEP"] = "100ms";
      RunningLoader service(loader_command, service_settings);
      ASSERT_TRUE(service.says("; polling every")) << service.log();
      json page_now;
      ASSERT_TRUE(eventually([&] {
        page_now = page();
        return page_now["state"] == word && page_now["why"].get<std::string>().find(why) != std::string::npos;
      })) << text_of(page_now)
          << service.log();
      auto states = told_by_commands(beside);
      states.push_back(text_of(page_now));
      const auto ready = http_get(fmt::format("http://127.0.0.1:{}/readyz", port_));
      EXPECT_EQ(ready.status, 200);
      states.push_back(text_of(json::parse(ready.body)));
      EXPECT_THAT(states, Each(states.front()));
      EXPECT_THAT(states.front(), as_told);
      EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
    }
    const auto states = told_by_commands(more);
    EXPECT_THAT(states, Each(states.front()));
    EXPECT_THAT(states.front(), as_told);
  }
  json page() const {
    return json::parse(http_get(fmt::format("http://127.0.0.1:{}/status.json", port_)).body);
  }

  const int port_ = free_port();
};

TEST_F(OneState, NotLoadedYet) {
  EXPECT_THAT(told_by_commands({}), Each(HasSubstr("not loaded yet: 3 files")));
}

TEST_F(OneState, CaughtUp) {
  expect_everywhere("caught up", "All files found are loaded; the whole bucket was");
}

TEST_F(OneState, HeldByABadFile) {
  const auto key = bucket_.change("orders", "20990101-000000002", "U,1,x,many\n");
  expect_everywhere("held", "into orders: " + key + ": line 1 column w: a value is not valid for");
}

TEST_F(OneState, HeldByALateFile) {
  load();
  bucket_.change("orders", "20981231-235959000", "U,1,late,1\n");
  expect_everywhere("held", "20981231-235959000.csv.gz: it arrived late", {{"LATE_FILES", "hold"}});
}

TEST_F(OneState, HeldByATableWithoutAKey) {
  execute("ALTER TABLE fills DROP CONSTRAINT fills_pkey");
  expect_everywhere("held", "into fills: the table");
}

TEST_F(OneState, HeldByAnObjectThatCantBeRead) {
  for (const int code : {403, 404}) {
    SCOPED_TRACE(code);
    BucketS3 s3;
    for (const auto& [key, bytes] : bucket_.objects()) s3.put("data/" + key, bytes);
    s3.on_request([code](const FakeRequest& request, const FakeAnswer&) {
      const bool refused = request.target.find("20990101-000000001") != std::string::npos &&
                           request.target.find("list-type") == std::string::npos;
      return refused ? std::optional(s3_error(code, code == 403 ? "AccessDenied" : "NoSuchKey", "No."))
                     : std::nullopt;
    });
    expect_everywhere("held", fmt::format("HTTP {}", code), {{"SOURCE", s3.source()}});
  }
}

TEST_F(OneState, Quarantined) {
  bucket_.change("orders", "20990101-000000002", "U,1,x,many\n");
  expect_everywhere("quarantined", "1 file of orders is quarantined.", {{"BAD_ROWS", "quarantine_delivery"}});
}

TEST_F(OneState, Ignored) {
  bucket_.load("nowhere", 1, "1\n");
  bucket_.put("dbo/fills/LOAD00000002.parquet", "PAR1");
  bucket_.put("dbo/fills/notes.txt", "x");
  const LoaderSettings without{{"DUCKDB_LIBRARY", "/nowhere/libduckdb.so"}};
  expect_everywhere("ignored",
                    "1 prefix matches no table: dbo/nowhere/. 1 Parquet file is ignored: there is no DuckDB",
                    without);
  EXPECT_THAT(
      verb({"status"}, without).out,
      AllOf(HasSubstr("Ignored: 1 prefix with 1 file. No table of the target matches dbo/nowhere/.\n"),
            HasSubstr("Ignored: 1 Parquet file. There is no DuckDB library"),
            HasSubstr("Ignored: 1 file. The names are not those of full-load or change files")));
}

// Also where nothing is to be published any more.
TEST_F(OneState, Unsent) {
  const LoaderSettings nobody{{"NATS", fmt::format("nats://127.0.0.1:{}", free_port())}};
  expect_everywhere("unsent", "3 messages are not published.", nobody);
  expect_everywhere("unsent", "3 messages are not published.", {{"NOTIFICATIONS", "False"}});
}

// A full load that was written again, and isn't complete yet.
TEST_F(OneState, Behind) {
  load();
  const auto key = bucket_.load("fills", 1, "1\n2\n");
  std::filesystem::last_write_time(bucket_.directory() / key,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(26));
  expect_everywhere("behind", "1 file is waiting", {{"RELOAD_SETTLE", "100h"}});
}

// What only the process knows, the commands show too.
TEST_F(OneState, Stuck) {
  BucketS3 s3;
  for (const auto& [key, bytes] : bucket_.objects()) s3.put("data/" + key, bytes);
  auto there = settings({{"SOURCE", s3.source()}, {"METRICS_ADDRESS", std::to_string(port_)}});
  auto as_service = there;
  as_service.insert({{"RUN_AS_SERVICE", "True"}, {"MIN_SLEEP", "100ms"}, {"MAX_SLEEP", "100ms"}});
  RunningLoader service(loader_command, as_service);
  ASSERT_TRUE(service.says("Up to date")) << service.log();
  s3.on_request([](const FakeRequest&, const FakeAnswer&) {
    return std::optional(s3_error(403, "AccessDenied", "Access Denied"));
  });
  ASSERT_TRUE(eventually([&] { return page()["state"] == "stuck"; })) << text_of(page());
  const auto status = json::parse(run_loader({program(), {"status", "--json"}}, there).out);
  EXPECT_EQ(status["state"], "stuck");
  EXPECT_THAT(status["why"].get<std::string>(), HasSubstr("HTTP 403 AccessDenied"));
  EXPECT_EQ(http_get(fmt::format("http://127.0.0.1:{}/readyz", port_)).status, 503);
  EXPECT_TRUE(page()["backlog_at"].is_string());
  EXPECT_THAT(http_get(fmt::format("http://127.0.0.1:{}/metrics", port_)).body,
              HasSubstr("retries_total{peer=\"target\"} 0\n"));
  s3.on_request(nullptr);
  EXPECT_TRUE(eventually([&] { return page()["state"] == "caught up"; })) << text_of(page());
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace peo::test
