// Many transfers and listings at once over the real S3 source, with the faults of a bad day.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "s3_test_support.hpp"
#include "source/object_reader.hpp"
#include "source/prefetch.hpp"
#include "support/bucket_s3.hpp"

namespace peo::source::s3 {
namespace {

using namespace std::chrono_literals;
using test::FakeAnswer;
using test::FakeRequest;

std::string read_whole(Source& source, const ObjectInfo& object, const Cancellation& stop) {
  ObjectReader reader(source, object, stop);
  return read_all(reader);
}

TEST(S3Prefetch, ListsAndReadsThroughCutsAndSlowDown) {
  test::BucketS3 s3;
  constexpr int tables = 50;
  std::string big(5'000'000, 'x');
  for (std::size_t i = 0; i < big.size(); i += 101) big[i] = static_cast<char>('a' + i % 26);
  s3.put("data/big", big);
  for (int t = 0; t < tables; ++t)
    s3.put(fmt::format("data/dbo/t{:03}/LOAD00000001.csv", t), fmt::format("{},a\n", t));
  std::atomic<int> gets{0};
  s3.on_request([&](const FakeRequest& request, const FakeAnswer& usual) -> std::optional<FakeAnswer> {
    auto answer = usual;
    answer.delay = 5ms;
    if (request.target.find("list-type") != std::string::npos) return answer;
    const int count = ++gets;
    if (count % 19 == 0) return test::s3_error(503, "SlowDown", "Please reduce your request rate.");
    if (count % 5 == 0 && request.headers.contains("range")) answer.cut_after = answer.body.size() / 2;
    return answer;
  });
  Cancellation stop;
  S3Options options;
  options.endpoint = fmt::format("http://127.0.0.1:{}", s3.port());
  options.access_key_id = "id";
  options.secret_access_key = "secret";
  options.bucket = "trades";
  options.region = "us-east-1";
  options.path = "data";
  options.stop = &stop;
  Prefetch source(std::make_unique<S3Source>(options), {.bytes = 2'000'000}, stop);

  std::vector<ListRequest> requests;
  for (int t = 0; t < tables; ++t) requests.push_back({.prefix = fmt::format("dbo/t{:03}/", t)});
  source.expect_pages(requests);
  std::vector<ObjectInfo> objects;
  for (const auto& request : requests) objects.push_back(source.list(request).objects.at(0));
  objects.push_back(source.list({.prefix = "big"}).objects.at(0));

  source.expect(objects);
  for (int t = 0; t < tables; ++t) {
    EXPECT_EQ(read_whole(source, objects[static_cast<std::size_t>(t)], stop), fmt::format("{},a\n", t));
  }
  EXPECT_EQ(read_whole(source, objects.back(), stop), big);
}

}  // namespace
}  // namespace peo::source::s3
