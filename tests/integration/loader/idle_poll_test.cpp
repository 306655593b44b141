// The cost of polling an idle bucket doesn't grow with what was ever loaded.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "fixture.hpp"
#include "support/bucket_s3.hpp"
#include "support/http_get.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A table's change files, one a minute, that exist in listings only.
class ManyFiles {
 public:
  explicit ManyFiles(std::size_t count) : count_(count) {}

  std::optional<FakeAnswer> list(const FakeRequest& request) const {
    auto query = query_of(request.target);
    if (query["prefix"] != "data/dbo/t/" || !query["delimiter"].empty()) return std::nullopt;
    const auto after =
        query["continuation-token"].empty() ? query["start-after"] : query["continuation-token"];
    auto at = first_behind(after);
    const auto end = std::min(count_, at + std::stoul(query["max-keys"]));
    std::string items;
    for (; at < end; ++at) {
      items += fmt::format(
          "<Contents><Key>{}</Key><LastModified>2023-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag>"
          "<Size>10</Size></Contents>",
          key(at));
    }
    FakeAnswer answer;
    answer.headers["Content-Type"] = "application/xml";
    answer.body = fmt::format(
        "<ListBucketResult><IsTruncated>{}</IsTruncated>{}{}</ListBucketResult>", end < count_,
        end < count_ ? "<NextContinuationToken>" + key(end - 1) + "</NextContinuationToken>" : "", items);
    return answer;
  }

 private:
  static std::string key(std::size_t minute) {
    const auto time = std::chrono::sys_days(std::chrono::year(2022) / 1 / 1) + std::chrono::minutes(minute);
    return fmt::format("data/dbo/t/{:%Y%m%d-%H%M}00000.csv.gz",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
  }
  std::size_t first_behind(const std::string& after) const {
    std::size_t low = 0;
    for (auto high = count_; low < high;) {
      const auto middle = (low + high) / 2;
      if (key(middle) <= after) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  std::size_t count_;
};

class IdlePoll : public LoaderTest {
 protected:
  // With so many files in the ledger and in the bucket: the LIST requests of one look at it, as the metric
  // has them.
  int lists_with(std::size_t count) {
    execute(fmt::format(
        "TRUNCATE loader_deliveries;"
        "INSERT INTO loader_deliveries (delivery_id, object_key, generation, turn, etag, sha256, size, "
        "last_modified,"
        " entity, kind, name_time, rows_read, created, amended, removed, status, started_at, finished_at,"
        " fetch_seconds, decompress_seconds, parse_seconds, apply_seconds, host, version) "
        "SELECT i + 1, 'dbo/t/' || to_char(time AT TIME ZONE 'UTC', 'YYYYMMDD-HH24MI') || '00000.csv.gz', 1, "
        "1, 'e',"
        " '', 10, '2023-01-01 00:00:00Z', 't', 'change', time, 0, 0, 0, 0, 'loaded', time, time, 0, 0, 0, 0, "
        "'', '' "
        "FROM (SELECT i, timestamptz '2022-01-01 00:00:00Z' + i * interval '1 minute' AS time "
        "FROM generate_series(0, {} - 1) AS i) AS files;"
        "UPDATE loader_state SET last_delivery_id = {}, last_full_listing_at = now(); ANALYZE "
        "loader_deliveries",
        count, count));
    const ManyFiles files(count);
    BucketS3 s3;
    s3.put("data/dbo/t/20220101-000000000.csv.gz", "");  // so that there is a directory
    s3.on_request([&](const FakeRequest& request, const FakeAnswer&) { return files.list(request); });
    const auto port = free_port();
    RunningLoader loader(loader_command, settings({{"SOURCE", s3.source()},
                                                   {"RUN_AS_SERVICE", "True"},
                                                   {"MIN_SLEEP", "1h"},
                                                   {"MAX_SLEEP", "1h"},
                                                   {"METRICS_ADDRESS", std::to_string(port)}}));
    EXPECT_TRUE(wait_for_port(port)) << loader.log();
    const auto page = [&] { return http_get(fmt::format("http://127.0.0.1:{}/metrics", port)).body; };
    EXPECT_TRUE(eventually([&] { return sum_of(page(), "last_success_timestamp_seconds") > 0; }))
        << loader.log();
    const auto lists = static_cast<int>(sum_of(page(), "s3_requests_total{", "operation=\"list\""));
    EXPECT_EQ(loader.stop(SIGTERM), 0);
    EXPECT_THAT(loader.log(), Not(HasSubstr("process_dbo")));
    return lists;
  }

  static double sum_of(const std::string& page, const std::string& name, const std::string& label = "") {
    double sum = 0;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("paper_engine_orders_" + name) && line.find(label) != std::string::npos)
        sum += std::stod(line.substr(line.rfind(' ')));
    }
    return sum;
  }
};

TEST_F(IdlePoll, AHundredThousandFilesAreAsCheapAsAHundred) {
  execute(table_sql("t", "id int PRIMARY KEY"));
  EXPECT_EQ(run_loader({program(), {"migrate"}}, settings()).status, 0);
  const auto with_a_hundred = lists_with(100);
  EXPECT_GT(with_a_hundred, 0);
  EXPECT_LE(with_a_hundred, 5);
  EXPECT_EQ(lists_with(100'000), with_a_hundred);
}

}  // namespace
}  // namespace peo::test
