// The numbers that operators see are those of the ledger.
#include <fmt/format.h>

#include <sstream>

#include "fixture.hpp"
#include "support/http_get.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;

class MetricsPage : public LoaderTest {
 protected:
  std::map<std::string, std::string> scrape() const {
    std::map<std::string, std::string> values;
    std::istringstream lines(http_get(address() + "/metrics").body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('#')) continue;
      const auto space = line.rfind(' ');
      values[line.substr(0, space)] = line.substr(space + 1);
    }
    return values;
  }
  std::string address() const { return fmt::format("http://127.0.0.1:{}", port_); }
  int port_ = free_port();
};

TEST_F(MetricsPage, MatchesTheLedger) {
  execute(table_sql("orders", "id int PRIMARY KEY, v text") + ";" + table_sql("empty", "id int PRIMARY KEY"));
  const auto load_key = bucket_.load("orders", 1, "1,a\n2,b\n3,c\n");
  const auto change_key = bucket_.change("orders", "20990101-000000001", "U,1,A\nD,2,b\nI,9,z\nU,3,c\n");
  bucket_.change("orders", "20990101-000000002", "U,1,A\n");
  bucket_.put("dbo/orders/readme.txt", "x");
  RunningLoader service(loader_command, settings({{"RUN_AS_SERVICE", "True"},
                                                  {"MIN_SLEEP", "100ms"},
                                                  {"MAX_SLEEP", "100ms"},
                                                  {"METRICS_ADDRESS", fmt::format("127.0.0.1:{}", port_)}}));
  ASSERT_TRUE(service.says("Delivery 3: processed")) << service.log();
  EXPECT_TRUE(
      eventually([&] { return scrape()["paper_engine_orders_backlog_files{entity=\"orders\"}"] == "0"; }));
  auto values = scrape();
  const auto metric = [&](const std::string& name) { return values["paper_engine_orders_" + name]; };
  const auto ledger = [&](const std::string& sum) {
    return value("SELECT " + sum + " FROM loader_deliveries WHERE entity = 'orders'");
  };
  for (const auto* effect : {"create", "amend", "remove"}) {
    EXPECT_EQ(metric(fmt::format("rows_total{{effect=\"{}\",entity=\"orders\"}}", effect)),
              ledger(fmt::format("sum({}{}d)", effect, std::string(effect).back() == 'e' ? "" : "e")))
        << effect;
  }
  EXPECT_EQ(metric("deliveries_total{entity=\"orders\",kind=\"full_load\",result=\"loaded\"}"), "1");
  EXPECT_EQ(metric("deliveries_total{entity=\"orders\",kind=\"change\",result=\"loaded\"}"), "2");
  EXPECT_EQ(metric("rows_read_total{entity=\"orders\"}"), ledger("sum(rows_read)"));
  EXPECT_EQ(metric("source_bytes_total{entity=\"orders\"}"), ledger("sum(size)"));
  EXPECT_EQ(metric("rows_total{effect=\"create\",entity=\"empty\"}"), "0");
  EXPECT_EQ(metric("delivery_duration_seconds_count{entity=\"orders\"}"), "3");
  EXPECT_EQ(metric("messages_published_total"), value("SELECT count(*) FROM loader_outbox"));
  EXPECT_EQ(metric("unsent_messages"), "0");
  EXPECT_EQ(metric("leader"), "1");
  EXPECT_EQ(metric("ignored_objects{reason=\"unknown_file\"}"), "1");
  EXPECT_GT(std::stod(metric("last_success_timestamp_seconds")), 1.6e9);
  EXPECT_GT(std::stod(metric("last_poll_timestamp_seconds")), 1.6e9);
  EXPECT_GT(std::stod(metric("step_seconds_total{step=\"apply\"}")), 0);
  EXPECT_EQ(http_get(address() + "/healthz").status, 200);
  EXPECT_EQ(http_get(address() + "/readyz").status, 200);
  EXPECT_EQ(service.stop(SIGTERM), 0);
  EXPECT_FALSE(wait_for_port(port_, std::chrono::milliseconds(50)));
}

TEST_F(MetricsPage, NotReadyWithoutATarget) {
  RunningLoader service(
      loader_command,
      settings({{"RUN_AS_SERVICE", "True"},
                {"METRICS_ADDRESS", std::to_string(port_)},
                {"TARGET", fmt::format("host=127.0.0.1 port={} user=u dbname=d", free_port())}}));
  ASSERT_TRUE(service.says("Retrying")) << service.log();
  EXPECT_EQ(http_get(address() + "/readyz").status, 503);
  EXPECT_EQ(http_get(address() + "/healthz").status, 200);
  EXPECT_NE(scrape()["paper_engine_orders_retries_total{peer=\"target\"}"], "0");
  // Nothing is known yet, which isn't the same as nothing waits.
  const auto page = http_get(address() + "/status.json").body;
  for (const auto* unknown : {"\"backlog\":null", "\"backlog_at\":null", "\"unsent_messages\":null"})
    EXPECT_THAT(page, HasSubstr(unknown));
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

TEST_F(MetricsPage, ATakenPortSaysSo) {
  execute(table_sql("t", "id int PRIMARY KEY"));
  const auto taken = std::to_string(shared_postgres().port());
  const auto ran = run({{"METRICS_ADDRESS", taken}});
  EXPECT_NE(ran.status, 0);
  EXPECT_THAT(texts_of(ran.err, "ERROR"), testing::ElementsAre(HasSubstr(taken)));
}

// The sockets that a process listens on, by /proc.
TEST_F(MetricsPage, EmptyMeansNoPort) {
  execute(table_sql("t", "id int PRIMARY KEY"));
  RunningLoader service(loader_command, settings({{"RUN_AS_SERVICE", "True"}, {"METRICS_ADDRESS", ""}}));
  ASSERT_TRUE(eventually(
      [&] { return value("SELECT count(*) FROM pg_tables WHERE tablename = 'loader_state'") == "1"; }));
  const auto listening = peo::test::run({"ss", "-Hltnp"}).out;
  EXPECT_THAT(listening, ::testing::Not(HasSubstr(fmt::format("pid={},", service.process().pid()))));
  EXPECT_THAT(listening, HasSubstr(fmt::format(":{} ", database_.port())));  // ss works here
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace peo::test
