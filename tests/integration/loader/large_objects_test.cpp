// Objects at S3's limits: keys of 1,024 bytes, and sizes that 32 bits don't hold, nor a single PUT (5 GiB).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "support/bucket_s3.hpp"

namespace peo::test {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t GiB = std::uint64_t{1024} * 1024 * 1024;

class LargeObjects : public LoaderTest {
 protected:
  void SetUp() override { execute(table_sql("t", "id int PRIMARY KEY, v text")); }
  BucketS3 s3_;
};

TEST_F(LargeObjects, AKeyOfAThousandAndTwentyFourBytes) {
  const std::string before = "data/dbo/t/", behind = "/LOAD00000001.csv.gz";
  std::string partition;
  while (before.size() + partition.size() + behind.size() + 2 <= 1024) partition += "ä";
  partition.resize(1024 - before.size() - behind.size(), 'x');
  const auto key = before + partition + behind;
  ASSERT_EQ(key.size(), 1024U);
  s3_.put(key, gzipped("1,a\n"));
  s3_.put("data/dbo/t/20220101-000000001.csv.gz", gzipped("U,1,b\n"));
  const LoaderSettings there{{"SOURCE", s3_.source()}};
  EXPECT_THAT(load(there), HasSubstr("process_dbo " + key));
  EXPECT_THAT(query("SELECT id, v FROM t"), ElementsAre("1|b"));
  EXPECT_EQ("data/" + value("SELECT object_key FROM loader_deliveries WHERE kind = 'full_load'"), key);
  EXPECT_THAT(deliveries_in(load(there)), IsEmpty());
  // Operators name it too.
  EXPECT_EQ(run_loader({program(), {"replay", key}}, settings(there)).status, 0);
  load(there);
  EXPECT_THAT(query("SELECT answer FROM loader_requests"), ElementsAre("loaded"));
}

// The bucket says that an object has 6 GiB; its connection is cut after some bytes, so that it is read on.
TEST_F(LargeObjects, SixGibibytes) {
  const std::string key = "data/dbo/t/LOAD00000001.csv.gz";
  const auto bytes = gzipped("1,a\n");
  s3_.put(key, bytes);
  std::vector<std::string> ranges;
  std::uint64_t last = 0;
  s3_.on_request([&](const FakeRequest& request, const FakeAnswer& usual) -> std::optional<FakeAnswer> {
    auto answer = usual;
    if (request.target.find("list-type=2") != std::string::npos) {
      const auto size = fmt::format("<Size>{}</Size>", bytes.size());
      if (const auto at = answer.body.find(size); at != std::string::npos)
        answer.body.replace(at, size.size(), fmt::format("<Size>{}</Size>", 6 * GiB));
      return answer;
    }
    // It is fetched in ranges: the first one begins, then the connection is cut.
    const auto range = request.headers.at("range");
    if (!range.starts_with("bytes=0-")) {
      ranges.push_back(range);
      return s3_error(503, "SlowDown", "Not now.");
    }
    last = std::stoul(range.substr(range.find('-') + 1));
    answer.headers["Content-Range"] = fmt::format("bytes 0-{}/{}", last, 6 * GiB);
    answer.length = last + 1;
    answer.cut_after = bytes.size();
    return answer;
  });
  const LoaderSettings there{{"SOURCE", s3_.source()}, {"RETRY_SECONDS", "1"}};
  const auto status = run_loader({program(), {"status", "--json"}}, settings(there));
  EXPECT_EQ(json::parse(status.out)["entities"]["t"]["backlog"]["bytes"], 6 * GiB)
      << status.out << status.err;
  const auto ran = run(there);
  EXPECT_EQ(ran.status, 75) << ran.err;
  EXPECT_THAT(ranges, Contains(fmt::format("bytes={}-{}", bytes.size(), last)));
  EXPECT_EQ(run_loader({program(), {"skip", key, "--reason", "too large"}}, settings(there)).status, 0);
  load(there);
  EXPECT_THAT(query("SELECT size, status FROM loader_deliveries"),
              ElementsAre(fmt::format("{}|skipped", 6 * GiB)));
}

}  // namespace
}  // namespace peo::test
