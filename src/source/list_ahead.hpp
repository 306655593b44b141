// Lists several prefixes at once: a poll of 200 tables is 200 requests, each of which waits for the network.
//
// Pass the first pages that list() will be called for to expect(), in that order; up to 16 of them are
// requested or kept at a time. list() throws the failure of its page. Any other page is listed on demand. One
// thread calls expect() and list(); the destructor ends the requests within a second.
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

  // `source` must outlive this. `connections`: 0 for `most`.
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

  std::mutex mutex_;  // guards all members below
  std::condition_variable work_, done_;
  std::deque<ListRequest> expected_;
  std::deque<std::shared_ptr<Entry>> begun_;  // in the order of list()
  std::deque<std::shared_ptr<Entry>> queue_;  // those of begun_ that wait for a thread
  std::vector<std::thread> threads_;
};

}  // namespace peo::source
