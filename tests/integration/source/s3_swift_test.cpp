// Against a real S3 server that checks signatures.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "s3_test_support.hpp"
#include "support/process.hpp"
#include "support/swift_server.hpp"

namespace peo::source::s3 {
namespace {

using test::SwiftServer;

S3Options swift_options(const std::string& bucket, const std::string& path = "") {
  S3Options options;
  options.endpoint = SwiftServer::shared().endpoint();
  options.access_key_id = SwiftServer::access_key_id;
  options.secret_access_key = SwiftServer::secret_access_key;
  options.bucket = bucket;
  options.path = path;
  return options;
}

std::vector<std::string> odd_keys() {
  return {"plain.csv.gz",
          "dbo/orders/LOAD00000001.csv.gz",
          "dbo/orders/20220922-095853123.csv.gz",
          "with space",
          " leading and trailing ",
          "two  spaces",
          "plus+plus",
          "a+b c%2Bd",
          "percent%",
          "percent%41",
          "percent%2Fslash",
          "equals=equals",
          "date=2022-09-22/part=1.csv",
          "amper&sand",
          "ques?tion",
          "ha#sh",
          "semi;colon",
          "col:on",
          "com,ma",
          "do$llar",
          "at@at",
          "ex!cl",
          "star*star",
          "quote'quote",
          "double\"quote",
          "(parens)",
          "[brackets]",
          "{braces}",
          "<angle>",
          "back\\slash",
          "pipe|pipe",
          "caret^caret",
          "back`tick",
          "til~de",
          "a//double//slash",
          "dots/../up",
          "dots/./here",
          "dots/...",
          "größe/übersicht.csv",
          "订单/数据.csv",
          "emoji-😀",
          "e\xCC\x81-combining",
          "tab\there",
          "UPPER/lower",
          "-dash",
          "_under",
          "&amp;&lt;",
          std::string(900, 'k')};
}

TEST(S3Swift, ListsAndReadsOddKeysByteForByte) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("odd");
  std::map<std::string, std::string> bytes;
  for (const auto& key : odd_keys()) {
    bytes[key] = std::string("bytes of \0 ", 11) + key;
    swift.put("odd", "some data/+%/" + key, bytes[key]);
  }
  ASSERT_GE(bytes.size(), 40U);
  swift.put("odd", "some data/other", "not below the path");
  S3Source source(swift_options("odd", "/some data/+%/"));
  EXPECT_EQ(source.full_key("k"), "some data/+%/k");
  const auto listed = list_all(source, {});
  std::vector<std::string> expected;
  expected.reserve(bytes.size());
  for (const auto& [key, text] : bytes) expected.push_back(key);
  EXPECT_EQ(keys_of(listed), expected);
  for (const auto& object : listed.objects) {
    SCOPED_TRACE(object.key);
    EXPECT_EQ(object.size, bytes[object.key].size());
    EXPECT_EQ(object.etag.size(), 32U);
    EXPECT_GT(object.last_modified, Time(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)));
    EXPECT_EQ(read_all(*source.open(object, 0)), bytes[object.key]);
    const auto found = source.list({.prefix = object.key});
    ASSERT_FALSE(found.objects.empty());
    EXPECT_EQ(found.objects.front().key, object.key);
    const auto after = source.list({.start_after = object.key});
    const auto next = bytes.upper_bound(object.key);
    EXPECT_EQ(after.objects.size(), static_cast<std::size_t>(std::distance(next, bytes.end())));
    if (next != bytes.end()) {
      EXPECT_EQ(after.objects.front().key, next->first);
    }
  }
}

TEST(S3Swift, GoesThroughPagesFoldersAndStartAfter) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("pages");
  std::vector<std::string> expected;
  expected.reserve(23);
  for (int i = 0; i < 23; ++i) expected.push_back("dbo/orders/a b+" + std::to_string(100 + i));
  for (const auto& key : expected) swift.put("pages", "data/" + key, "x");
  swift.put("pages", "data/dbo/executions/LOAD00000001.csv.gz", "x");
  swift.put("pages", "data/dbo/readme", "x");
  auto options = swift_options("pages", "data");
  options.page_size = 5;
  std::map<std::string, int> requests;
  options.on_request = [&requests](std::string_view operation, int status) {
    ++requests[std::string(operation) + " " + std::to_string(status)];
  };
  S3Source source(options);
  int pages = 0;
  EXPECT_EQ(keys_of(list_all(source, {.prefix = "dbo/orders/"}, &pages)), expected);
  EXPECT_EQ(pages, 5);
  EXPECT_EQ(requests, (std::map<std::string, int>{{"ListObjectsV2 200", 5}}));
  EXPECT_EQ(keys_of(list_all(source, {.prefix = "dbo/orders/", .start_after = expected[10]})),
            std::vector<std::string>(expected.begin() + 11, expected.end()));
  EXPECT_EQ(keys_of(list_all(source, {.prefix = "dbo/orders/a b+11"})),
            std::vector<std::string>(expected.begin() + 10, expected.begin() + 20));
  const auto prefixes = list_all(source, {.prefix = "dbo/", .delimited = true});
  EXPECT_EQ(prefixes.prefixes, (std::vector<std::string>{"dbo/executions/", "dbo/orders/"}));
  EXPECT_EQ(keys_of(prefixes), std::vector<std::string>{"dbo/readme"});
  EXPECT_EQ(list_all(source, {.delimited = true}).prefixes, std::vector<std::string>{"dbo/"});
  EXPECT_TRUE(list_all(source, {.prefix = "nothing"}).objects.empty());
}

TEST(S3Swift, ReadsRangesAndOnlyWhatWasListed) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("ranges");
  std::string bytes;
  for (unsigned i = 0; i < 9'000'000; ++i) bytes += static_cast<char>((i * 2654435761U) >> 13U);
  swift.put("ranges", "big", bytes);
  swift.put("ranges", "empty", "");
  S3Source source(swift_options("ranges"));
  const auto listed = source.list({}).objects;
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(read_all(*source.open(listed[0], 0)), bytes);
  EXPECT_EQ(read_all(*source.open(listed[0], 1)), bytes.substr(1));
  EXPECT_EQ(read_all(*source.open(listed[0], 8'999'999)), bytes.substr(8'999'999));
  EXPECT_EQ(read_all(*source.open(listed[0], bytes.size())), "");
  EXPECT_EQ(read_all(*source.open(listed[1], 0)), "");
  swift.put("ranges", "big", bytes.substr(1) + "x");
  swift.remove("ranges", "empty");
  const auto changed = error_of([&] { source.open(listed[0], 0); });
  EXPECT_EQ(changed.kind(), ErrorKind::Retry);
  EXPECT_NE(changed.describe().find("HTTP 412"), std::string::npos) << changed.describe();
  EXPECT_NE(changed.describe().find("changed or deleted after it was listed"), std::string::npos);
  const auto gone = error_of([&] { source.open(listed[1], 0); });
  EXPECT_EQ(gone.kind(), ErrorKind::Retry);
  EXPECT_NE(gone.describe().find("NoSuchKey"), std::string::npos) << gone.describe();
}

TEST(S3Swift, ReadsFromSeveralThreadsWhileOneLists) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("threads");
  for (int i = 0; i < 12; ++i)
    swift.put("threads", std::to_string(100 + i), std::string(300'000, static_cast<char>('a' + i)));
  S3Source source(swift_options("threads"));
  const auto listed = source.list({}).objects;
  ASSERT_EQ(listed.size(), 12U);
  std::vector<std::string> read(listed.size());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (auto i = t; i < listed.size(); i += 3) read[i] = read_all(*source.open(listed[i], 0));
    });
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(source.list({}).objects.size(), 12U);
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i], std::string(300'000, static_cast<char>('a' + i)));
  }
}

TEST(S3Swift, SaysWhyItWasRefused) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("refused");
  swift.put("refused", "k", "x");

  auto wrong_secret = swift_options("refused");
  wrong_secret.secret_access_key = "not/the+secret";
  const auto denied = error_of([&] { S3Source(wrong_secret).list({}); });
  EXPECT_EQ(denied.exit_code(), ExitCode::PermissionDenied);
  EXPECT_NE(denied.describe().find("SignatureDoesNotMatch"), std::string::npos) << denied.describe();
  EXPECT_NE(denied.describe().find("bucket_key"), std::string::npos) << denied.describe();
  EXPECT_NE(denied.describe().find("(request tx"), std::string::npos) << denied.describe();
  EXPECT_EQ(denied.describe().find("not/the+secret"), std::string::npos) << denied.describe();

  auto wrong_id = swift_options("refused");
  wrong_id.access_key_id = "nobody:here";
  EXPECT_EQ(error_of([&] { S3Source(wrong_id).list({}); }).exit_code(), ExitCode::PermissionDenied);

  auto anonymous = swift_options("refused");
  anonymous.access_key_id.clear();
  anonymous.secret_access_key.clear();
  EXPECT_EQ(error_of([&] { S3Source(anonymous).list({}); }).kind(), ErrorKind::Fatal);

  const auto missing = error_of([&] { S3Source(swift_options("no-such-bucket")).list({}); });
  EXPECT_EQ(missing.exit_code(), ExitCode::Configuration);
  EXPECT_NE(missing.describe().find("no bucket no-such-bucket at " + swift.endpoint()), std::string::npos)
      << missing.describe();

  auto down = swift_options("refused");
  down.endpoint = "http://127.0.0.1:" + std::to_string(test::free_port());
  int told = -1;
  down.on_request = [&told](std::string_view /*operation*/, int status) { told = status; };
  const auto unreachable = error_of([&] { S3Source(down).list({}); });
  EXPECT_EQ(unreachable.kind(), ErrorKind::Retry);
  EXPECT_EQ(unreachable.exit_code(), ExitCode::TryAgain);
  EXPECT_NE(unreachable.describe().find(down.endpoint), std::string::npos) << unreachable.describe();
  EXPECT_EQ(told, 0);
}

TEST(S3Swift, LearnsTheRegionFromTheServer) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("regions");
  swift.put("regions", "k", "bytes");
  auto options = swift_options("regions");
  options.region = "eu-west-1";
  std::vector<int> statuses;
  options.on_request = [&statuses](std::string_view /*operation*/, int status) {
    statuses.push_back(status);
  };
  S3Source source(options);
  const auto listed = source.list({}).objects;
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(read_all(*source.open(listed[0], 0)), "bytes");
  EXPECT_EQ(statuses, (std::vector<int>{400, 200, 200}));
}

}  // namespace
}  // namespace peo::source::s3
