// Fetching ahead, over a source of which a test says how each request goes.
#include "source/prefetch.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "source/object_reader.hpp"
#include "support/pieces.hpp"

namespace peo::source {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;
using namespace std::chrono_literals;

struct FarBucket {
  std::mutex mutex;
  std::map<std::string, std::string> texts;
  std::vector<std::string> requests;                               // "key begin-end"
  std::function<void(const std::string& key, ByteRange)> request;  // may throw; called without the lock
  std::size_t running = 0, most_running = 0;
  std::uint64_t running_bytes = 0, most_bytes = 0;
  std::chrono::milliseconds latency{0};
};

class FakeRemote final : public RemoteSource {
 public:
  explicit FakeRemote(FarBucket& bucket) : bucket_(bucket) {}
  std::string describe() const override { return "bucket"; }
  std::string full_key(const std::string& key) const override { return key; }
  ListPage list(const ListRequest& request) override { return list_page(request, nullptr); }
  ListPage list_page(const ListRequest& request, const std::atomic<bool>* given_up) override {
    wait("list " + request.prefix, 0, given_up);
    if (bucket_.request) bucket_.request(request.prefix, {});
    ListPage page;
    page.objects.push_back({.key = request.prefix + "1", .etag = "1", .size = 1});
    return page;
  }
  std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) override {
    return open_range(object, {offset, object.size}, nullptr);
  }
  std::unique_ptr<ByteStream> open_range(const ObjectInfo& object, ByteRange range,
                                         const std::atomic<bool>* given_up) override {
    wait(fmt::format("{} {}-{}", object.key, range.begin, range.end), range.end - range.begin, given_up);
    if (bucket_.request) bucket_.request(object.key, range);
    const auto& text = bucket_.texts.at(object.key);
    return std::make_unique<test::Pieces>(std::string_view(text).substr(range.begin, range.end - range.begin),
                                          1000);
  }

 private:
  void wait(const std::string& request, std::uint64_t bytes, const std::atomic<bool>* given_up) {
    {
      const std::lock_guard lock(bucket_.mutex);
      bucket_.requests.push_back(request);
      bucket_.most_running = std::max(bucket_.most_running, ++bucket_.running);
      bucket_.most_bytes = std::max(bucket_.most_bytes, bucket_.running_bytes += bytes);
    }
    const auto until = std::chrono::steady_clock::now() + bucket_.latency;
    while (std::chrono::steady_clock::now() < until && (given_up == nullptr || !*given_up))
      std::this_thread::sleep_for(1ms);
    const std::lock_guard lock(bucket_.mutex);
    --bucket_.running;
    bucket_.running_bytes -= bytes;
  }

  FarBucket& bucket_;
};

class PrefetchTest : public ::testing::Test {
 protected:
  std::vector<ObjectInfo> objects(std::size_t count, std::size_t size) {
    std::vector<ObjectInfo> list;
    for (std::size_t i = 0; i < count; ++i) {
      auto key = "key" + std::to_string(100 + i);
      std::string text(size, static_cast<char>('a' + i % 26));
      for (std::size_t at = 0; at < text.size(); at += 997) text[at] = static_cast<char>('A' + at % 26);
      list.push_back({.key = key, .etag = "1", .size = size});
      bucket_.texts[key] = std::move(text);
    }
    return list;
  }
  Prefetch prefetch(PrefetchOptions options = {}) {
    return Prefetch(std::make_unique<FakeRemote>(bucket_), options, stop_);
  }
  std::string read(Source& source, const ObjectInfo& object) {
    ObjectReader reader(source, object, stop_);
    std::string text, buffer(4096, '\0');
    while (const auto got = reader.read(buffer)) text.append(buffer, 0, got);
    return text;
  }
  std::size_t requests() {
    const std::lock_guard lock(bucket_.mutex);
    return bucket_.requests.size();
  }

  FarBucket bucket_;
  Cancellation stop_;
};

TEST_F(PrefetchTest, FetchesManyAtOnceAndGivesThemInOrder) {
  bucket_.latency = 20ms;
  auto list = objects(200, 3000);
  list[7].size = 0;
  auto source = prefetch();
  const auto began = std::chrono::steady_clock::now();
  source.expect(list);
  for (const auto& object : list) {
    EXPECT_EQ(read(source, object), object.size == 0 ? "" : bucket_.texts.at(object.key)) << object.key;
  }
  // One after the other takes 4 s.
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  EXPECT_EQ(requests(), 199U);
  EXPECT_THAT(bucket_.most_running, Gt(8U));
  EXPECT_THAT(bucket_.most_running, Le(ConnectionLimit::most));
}

TEST_F(PrefetchTest, SplitsBigObjectsAndKeepsToItsMemory) {
  bucket_.latency = 5ms;
  const auto list = objects(3, 1'000'000);
  auto source = prefetch({.bytes = 400'000, .connections = 16});
  source.expect(list);
  for (const auto& object : list) EXPECT_EQ(read(source, object), bucket_.texts.at(object.key));
  EXPECT_THAT(bucket_.requests, Contains("key100 100000-200000"));
  EXPECT_THAT(bucket_.requests, SizeIs(30));
  EXPECT_THAT(bucket_.most_running, Gt(2U));
  EXPECT_THAT(bucket_.most_bytes, Le(400'000U));
}

TEST_F(PrefetchTest, AnObjectBeyondTheLimitIsFetchedAllTheSame) {
  const auto list = objects(2, 10'000);
  auto source = prefetch({.bytes = 100});
  source.expect(list);
  for (const auto& object : list) EXPECT_EQ(read(source, object), bucket_.texts.at(object.key));
}

TEST_F(PrefetchTest, HasNoMoreConnectionsThanSet) {
  bucket_.latency = 5ms;
  const auto list = objects(30, 100);
  auto source = prefetch({.connections = 3});
  source.expect(list);
  for (const auto& object : list) read(source, object);
  EXPECT_EQ(bucket_.most_running, 3U);
}

TEST_F(PrefetchTest, AFailureConcernsItsObjectAlone) {
  const auto list = objects(5, 100);
  bucket_.request = [](const auto& key, ByteRange) {
    if (key == "key102") throw Error::changed_object("HTTP 412", "");
  };
  auto source = prefetch();
  source.expect(list);
  for (const auto& object : list) {
    if (object.key != "key102") {
      EXPECT_EQ(read(source, object), bucket_.texts.at(object.key));
      continue;
    }
    try {
      read(source, object);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_TRUE(error.is_changed_object());
      EXPECT_THAT(error.describe(), HasSubstr("key102"));
    }
  }
}

TEST_F(PrefetchTest, ReadsOnWhereARangeFailed) {
  std::map<std::string, int> left{{"key100 200000", 1}, {"key101 100000", 2}};
  std::mutex mutex;
  bucket_.request = [&](const auto& key, ByteRange range) {
    const std::lock_guard lock(mutex);
    if (left[key + " " + std::to_string(range.begin)]-- > 0) throw Error::retry("503 SlowDown");
  };
  const auto list = objects(2, 500'000);
  auto source = prefetch({.bytes = 400'000, .connections = 4});
  source.expect(list);
  for (const auto& object : list) EXPECT_EQ(read(source, object), bucket_.texts.at(object.key));
  EXPECT_EQ(requests(), 10U + 3U);  // the failed ranges again, and nothing else
}

TEST_F(PrefetchTest, FetchesNothingTwiceForTheNextReader) {
  const auto list = objects(20, 100);
  auto source = prefetch({.connections = 20});
  source.expect(list);
  read(source, list[0]);
  while (requests() < 20) std::this_thread::sleep_for(1ms);
  // Read again from the first on, as after a load method that couldn't load it.
  source.expect(list);
  for (const auto& object : list) EXPECT_EQ(read(source, object), bucket_.texts.at(object.key));
  EXPECT_EQ(requests(), 20U);
}

TEST_F(PrefetchTest, OpensWhatIsNotExpected) {
  auto list = objects(4, 100);
  const auto other = list.back();
  list.pop_back();
  auto source = prefetch();
  source.expect(list);
  EXPECT_EQ(read(source, list[0]), bucket_.texts.at("key100"));
  EXPECT_EQ(read(source, other), bucket_.texts.at("key103"));
  EXPECT_EQ(read(source, list[2]), bucket_.texts.at("key102"));  // one is left out
  EXPECT_EQ(read(source, list[1]), bucket_.texts.at("key101"));
}

TEST_F(PrefetchTest, EndsAtOnceWhileTransfersRun) {
  bucket_.latency = 30s;
  const auto began = std::chrono::steady_clock::now();
  {
    auto source = prefetch();
    source.expect(objects(10, 100));
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST_F(PrefetchTest, BeginsNoOtherObjectAfterAStop) {
  const auto list = objects(3, 100);
  auto source = prefetch();
  stop_.request();
  source.expect(list);
  EXPECT_EQ(read(source, list[0]), bucket_.texts.at("key100"));
  EXPECT_THAT(bucket_.requests, ElementsAre("key100 0-100"));
}

std::vector<ListRequest> first_pages(int count) {
  std::vector<ListRequest> requests;
  for (int i = 0; i < count; ++i) requests.push_back({.prefix = fmt::format("dbo/t{}/", i)});
  return requests;
}

TEST_F(PrefetchTest, ListsManyPrefixesAtOnce) {
  bucket_.latency = 10ms;
  auto source = prefetch();
  const auto requests = first_pages(100);
  const auto began = std::chrono::steady_clock::now();
  source.expect_pages(requests);
  for (const auto& request : requests)
    EXPECT_EQ(source.list(request).objects.at(0).key, request.prefix + "1");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 700ms);  // one after the other: 1 s
  EXPECT_EQ(this->requests(), 100U);
  EXPECT_EQ(bucket_.most_running, ListAhead::most);
}

TEST_F(PrefetchTest, AFailedListConcernsItsPrefixAlone) {
  bucket_.latency = 5ms;
  bucket_.request = [](const auto& prefix, ByteRange) {
    if (prefix == "dbo/t3/") throw Error::retry("503 SlowDown");
  };
  auto source = prefetch({.connections = 2});
  const auto requests = first_pages(6);
  source.expect_pages(requests);
  for (const auto& request : requests) {
    if (request.prefix == "dbo/t3/") {
      EXPECT_THROW(source.list(request), Error);
    } else {
      EXPECT_EQ(source.list(request).objects.at(0).key, request.prefix + "1");
    }
  }
  EXPECT_EQ(bucket_.most_running, 2U);
  // Another page, and the same one later, are asked for when they are wanted.
  auto next = requests[1];
  next.continuation = "more";
  source.list(next);
  source.list(requests[1]);
  EXPECT_EQ(this->requests(), 8U);
}

TEST_F(PrefetchTest, EndsAtOnceWhileListsRun) {
  bucket_.latency = 30s;
  const auto began = std::chrono::steady_clock::now();
  {
    auto source = prefetch();
    source.expect_pages(first_pages(30));
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST(ConnectionLimitTest, GrowsWhileTheReaderWaitsAndShrinksAfterFailures) {
  ConnectionLimit limit(0);
  ConnectionLimit::Clock::time_point at{1h};
  const auto start = limit.now();
  limit.waited(1ms, at);  // a server as near as this needs no more
  EXPECT_EQ(limit.now(), start);
  for (int i = 0; i < 10; ++i) limit.waited(30ms, at);
  EXPECT_EQ(limit.now(), ConnectionLimit::most);
  for (int i = 0; i < 64; ++i) limit.failed(at);  // all that were under way
  EXPECT_EQ(limit.now(), ConnectionLimit::most / 2);
  limit.waited(30ms, at + 5s);
  EXPECT_EQ(limit.now(), ConnectionLimit::most / 2);
  for (int i = 2; i < 20; ++i) limit.failed(at + std::chrono::seconds(i));
  EXPECT_EQ(limit.now(), 1U);
  limit.waited(30ms, at + 1min);
  EXPECT_EQ(limit.now(), 2U);
}

TEST(ConnectionLimitTest, StaysAtANumberThatIsSet) {
  ConnectionLimit limit(16);
  limit.waited(1s, {});
  limit.failed({});
  EXPECT_EQ(limit.now(), 16U);
  EXPECT_EQ(limit.highest(), 16U);
}

}  // namespace
}  // namespace peo::source
