// Lists several prefixes at once: a poll of 200 tables is 200 requests, each of which waits for the network.
//
// expect() names the first pages that list() will be asked for, in that order; up to 16 of them are requested
// or held at a time. A failure is thrown by list() for its page. Any other page is listed when it is asked
// for. One thread calls expect() and list(); the destructor ends the requests within a second.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "source/remote_source.hpp"

namespace peo::source {

class ListAhead {
 public:
  static constexpr std::size_t most = 16;

  // `source` must outlive this. `connections`: 0: as many as `most`.
  ListAhead(RemoteSource& source, std::size_t connections);
  ~ListAhead();
  ListAhead(const ListAhead&) = delete;
  ListAhead& operator=(const ListAhead&) = delete;

  void expect(const std::vector<ListRequest>& requests);
  ListPage list(const ListRequest& request);

 private:
  struct Entry {
    ListRequest request;
    ListPage page{};
    std::exception_ptr error{};
    bool done = false;
  };

  void begin();
  void work();

  RemoteSource& source_;
  const std::size_t most_;
  std::atomic<bool> ended_{false};

  std::mutex mutex_;  // guards all below
  std::condition_variable work_, done_;
  std::deque<ListRequest> expected_;
  std::deque<std::shared_ptr<Entry>> begun_;  // in the order of list()
  std::deque<std::shared_ptr<Entry>> queue_;  // of these, those that no thread has taken
  std::vector<std::thread> threads_;
};

}  // namespace peo::source
