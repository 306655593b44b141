// Prefetches objects over many concurrent transfers: a bucket is 30 to 200 ms away, and sequential requests
// would load only ten files per second.
//
// Pass the objects to expect() in the order in which they will be opened. They are fetched in that order, big
// ones in ranges, each with If-Match, as far as `bytes` and the connections allow; the range that the reader
// needs next is fetched in any case. A stream of open() returns bytes as they arrive. A failed transfer
// affects only the reader of its object, after the bytes that arrived; opening the object at that byte again
// fetches the rest. Bytes in memory that the next expect() names again are not fetched again. Unexpected
// objects are opened directly from the source.
//
// Memory: `bytes`, and one range. One thread calls expect(), one reads at a time; list() and the errors are
// the source's. The destructor ends the transfers within a second.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "source/connection_limit.hpp"
#include "source/list_ahead.hpp"
#include "source/remote_source.hpp"

namespace peo::source {

struct PrefetchOptions {
  std::uint64_t bytes = std::uint64_t{16} * 1024 * 1024;
  std::size_t connections = 0;  // 0: adaptive
};

class Prefetch final : public Source {
 public:
  // `stop` must outlive this.
  Prefetch(std::unique_ptr<RemoteSource> source, PrefetchOptions options, const Cancellation& stop);
  ~Prefetch() override;

  std::string describe() const override { return source_->describe(); }
  std::string full_key(const std::string& key) const override { return source_->full_key(key); }
  ListPage list(const ListRequest& request) override { return lists_.list(request); }
  void expect_pages(const std::vector<ListRequest>& requests) override { lists_.expect(requests); }
  void expect(const std::vector<ObjectInfo>& wanted) override;
  std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) override;

 private:
  struct Job;
  class Stream;
  using Jobs = std::deque<std::shared_ptr<Job>>;
  using Lock = std::unique_lock<std::mutex>;

  std::size_t read(Stream& stream, std::span<char> buffer);
  bool advance_to(const ObjectInfo& object, std::uint64_t offset);
  void restart_failed(const ObjectInfo& object);
  void drop(Job& job);
  void schedule();
  std::shared_ptr<Job> take_kept(const ObjectInfo& object, ByteRange range);
  void add_thread();
  void work();
  void fetch(Job& job, Lock& lock);

  const std::unique_ptr<RemoteSource> source_;
  ListAhead lists_;
  const PrefetchOptions options_;
  const std::uint64_t range_bytes_;
  const Cancellation& stop_;

  std::mutex mutex_;  // guards all members below
  std::condition_variable work_, arrived_;
  std::vector<ObjectInfo> expected_;
  std::size_t next_object_ = 0;  // of expected_: the first with ranges that aren't started,
  std::uint64_t next_byte_ = 0;  // and where the next range starts
  ObjectInfo opened_;            // the one that is being read
  std::uint64_t plan_ = 0;       // the number of calls of expect()
  Jobs jobs_;                    // started and not yet read, in order
  Jobs read_;                    // already read, as far as there is room
  Jobs kept_;                    // from the previous plan
  Jobs queue_;                   // those of jobs_ that wait for a thread
  std::uint64_t held_bytes_ = 0;
  std::size_t running_ = 0;
  bool lacks_connection_ = false;  // more transfers would run if more connections were allowed
  ConnectionLimit limit_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace peo::source
