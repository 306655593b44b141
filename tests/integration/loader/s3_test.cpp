// The same bucket through S3 and through a directory: the same target.
#include <fmt/format.h>

#include "fixture.hpp"
#include "support/http_get.hpp"
#include "support/swift_server.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;

using S3 = LoaderTest;

std::string tables() {
  std::string sql;
  for (const auto* name : {"orders", "\"a table\"", "\"Größe\"", "\"plus+and&%\"", "dated"})
    sql += table_sql(name, "id int PRIMARY KEY, v text, n numeric(10,2)") + ";";
  return sql;
}

void fill(Bucket& bucket) {
  for (const auto* table : {"orders", "a table", "Größe", "plus+and&%"}) {
    std::string rows;
    for (int i = 1; i <= 1000; ++i) rows += fmt::format("{},\"name, {}\",{}.5\n", i, i, i);
    bucket.load(table, 1, rows);
    bucket.change(table, "20220922-095853123", "U,1,\"x\ny\",1\nD,2,,\nI,2000,new,\n");
  }
  // Date directories, whose names sort by time.
  bucket.load("dated", 1, "1,a,1\n2,b,2\n");
  for (int day = 20; day <= 23; ++day) {
    for (int hour = 0; hour < 3; ++hour) {
      bucket.put(fmt::format("dbo/dated/2022/09/{0}/202209{0}-{1:02}0000000.csv.gz", day, hour),
                 gzipped(fmt::format("U,1,day {} {},1\nI,{},x,1\n", day, hour, day * 100 + hour)));
    }
  }
}

// Everything but what depends on when an object was written: that is the order among full loads of several
// tables.
std::vector<std::string> content(const std::string& conninfo) {
  Database sql(conninfo);
  std::vector<std::string> all;
  for (const std::string table : {"orders", "\"a table\"", "\"Größe\"", "\"plus+and&%\"", "dated"}) {
    for (auto& line : lines_of(sql.rows("SELECT id, v, n FROM " + table + " ORDER BY id")))
      all.push_back(std::move(line));
  }
  for (const std::string query : {"SELECT entity, key FROM loader_removals ORDER BY 1, 2",
                                  "SELECT object_key, sha256, size, entity, kind, name_time, rows_read, "
                                  "created, amended, removed, status"
                                  " FROM loader_deliveries ORDER BY 1"}) {
    for (auto& line : lines_of(sql.rows(query))) all.push_back(std::move(line));
  }
  return all;
}

TEST_F(S3, TheSameAsThroughAFolder) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("plain");
  swift.make_bucket("deep");
  fill(bucket_);
  execute(tables());
  load();
  const auto expected = content(database_.conninfo());
  EXPECT_GT(expected.size(), 4000U);

  for (const std::string path : {"", "some folder/data"}) {
    SCOPED_TRACE("bucket_path=" + path);
    const TestDatabase database;
    Database(database.conninfo()).execute(tables());
    const auto source = bucket_.put_into(swift, path.empty() ? "plain" : "deep", path);
    const auto dry = load({{"SOURCE", source}, {"TARGET", database.conninfo()}, {"DRY_RUN", "True"}});
    const auto log = load({{"SOURCE", source}, {"TARGET", database.conninfo()}});
    EXPECT_EQ(deliveries_in(dry), deliveries_in(log));
    EXPECT_THAT(log, HasSubstr("process_dbo " + (path.empty() ? path : path + "/") +
                               "dbo/orders/LOAD00000001.csv.gz."));
    EXPECT_EQ(content(database.conninfo()), expected);
    EXPECT_THAT(log, ::testing::Not(HasSubstr(std::string(SwiftServer::secret_access_key))));
    const auto before = dump(database.conninfo());
    EXPECT_THAT(load({{"SOURCE", source}, {"TARGET", database.conninfo()}}), HasSubstr("No new files"));
    EXPECT_EQ(dump(database.conninfo()), before);
  }
}

// A service on S3: new files are found by polls that ask little, also in the date directory of the day.
TEST_F(S3, AServiceThatPolls) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("polled");
  execute(tables());
  fill(bucket_);
  const auto source = bucket_.put_into(swift, "polled", "data");
  const auto port = free_port();
  RunningLoader service(loader_command, settings({{"SOURCE", source},
                                                  {"RUN_AS_SERVICE", "True"},
                                                  {"MIN_SLEEP", "100ms"},
                                                  {"MAX_SLEEP", "100ms"},
                                                  {"METRICS_ADDRESS", std::to_string(port)}}));
  const auto first = bucket_.objects().size();
  ASSERT_TRUE(eventually([&] { return deliveries_in(service.log()).size() == first; })) << service.log();
  swift.put("polled", "data/dbo/dated/2022/09/24/20220924-010000000.csv.gz", gzipped("U,1,next day,1\n"));
  swift.put("polled", "data/dbo/orders/20220922-095853124.csv.gz", gzipped("U,1,next,1\n"));
  ASSERT_TRUE(eventually([&] { return deliveries_in(service.log()).size() == first + 2; })) << service.log();
  EXPECT_EQ(value("SELECT v FROM dated WHERE id = 1"), "next day");
  EXPECT_EQ(value("SELECT v FROM orders WHERE id = 1"), "next");
  const auto requests = [&](const std::string& operation) {
    const auto body = http_get(fmt::format("http://127.0.0.1:{}/metrics", port)).body;
    const auto line =
        fmt::format(R"(paper_engine_orders_s3_requests_total{{code="200",operation="{}"}} )", operation);
    const auto at = body.find(line);
    return at == std::string::npos ? -1 : std::stol(body.substr(at + line.size()));
  };
  EXPECT_GE(requests("list"), 8);
  EXPECT_EQ(requests("get"), static_cast<long>(first + 2));
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace peo::test
