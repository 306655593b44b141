// What check and status report of a Citus cluster.
#include "operate/citus_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peo::operate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

target::CitusCluster cluster() {
  return {.version = "13.2-1",
          .workers = {{.name = "a:5432", .answers = true, .prepared_transactions = 300},
                      {.name = "b:5432", .answers = true, .prepared_transactions = 300}},
          .tables = {{.name = "orders", .column = "order_id", .shards = 4},
                     {.name = "strategies", .reference = true, .shards = 1}}};
}

CheckReport report_of(const target::CitusCluster& checked) {
  CheckReport report;
  check_citus(report, checked);
  return report;
}

TEST(CitusReport, DescribesTheCluster) {
  EXPECT_EQ(citus_text(cluster()),
            "Citus 13.2-1 with 2 workers: orders by order_id (4 shards), strategies (reference)");
  const auto report = report_of(cluster());
  EXPECT_EQ(report.exit_code(), ExitCode::Done);
  EXPECT_EQ(report.all().size(), 1U);
}

TEST(CitusReport, NamesWorkersThatCannotTakePart) {
  auto checked = cluster();
  checked.workers[0] = {.name = "a:5432", .answers = false, .error = "connection refused"};
  EXPECT_EQ(report_of(checked).exit_code(), ExitCode::TryAgain);
  EXPECT_THAT(report_of(checked).text(), HasSubstr("a:5432 doesn't answer: connection refused"));
  checked.workers[0] = {.name = "a:5432", .answers = true, .prepared_transactions = 0};
  EXPECT_EQ(report_of(checked).exit_code(), ExitCode::Configuration);
  checked.workers[0].prepared_transactions = 10;
  EXPECT_EQ(report_of(checked).exit_code(), ExitCode::Done);
  EXPECT_THAT(report_of(checked).text(), HasSubstr("only 10"));
}

TEST(CitusReport, AdvisesFewerShards) {
  auto checked = cluster();
  checked.tables[0].shards = 16;
  EXPECT_THAT(report_of(checked).text(), Not(HasSubstr("shard_count")));
  checked.tables[0].shards = 32;
  EXPECT_THAT(report_of(checked).text(), HasSubstr("shard_count := 4"));
  EXPECT_EQ(report_of(checked).exit_code(), ExitCode::Done);
}

}  // namespace
}  // namespace peo::operate
