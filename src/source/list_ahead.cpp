#include "source/list_ahead.hpp"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

namespace peo::source {

ListAhead::ListAhead(RemoteSource& source, std::size_t connections)
    : source_(source), most_(connections == 0 ? most : std::min(connections, most)) {}

ListAhead::~ListAhead() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  work_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ListAhead::expect(const std::vector<ListRequest>& requests) {
  const std::lock_guard lock(mutex_);
  // Pages of an aborted round may be stale.
  begun_.clear();
  queue_.clear();
  expected_.assign(requests.begin(), requests.end());
  begin();
}

ListPage ListAhead::list(const ListRequest& request) {
  std::unique_lock lock(mutex_);
  const auto begun = std::ranges::find(begun_, request, [](const auto& entry) { return entry->request; });
  if (begun == begun_.end()) {
    lock.unlock();
    return source_.list(request);
  }
  const auto entry = *begun;
  done_.wait(lock, [&] { return entry->done; });
  std::erase(begun_, entry);
  begin();
  if (entry->error) std::rethrow_exception(entry->error);
  return std::move(entry->page);
}

void ListAhead::begin() {
  while (!expected_.empty() && begun_.size() < most_) {
    if (threads_.size() < most_ && threads_.size() <= queue_.size() + begun_.size()) {
      try {
        threads_.emplace_back([this] { work(); });
      } catch (const std::system_error&) {
        if (threads_.empty()) return;  // list() requests them itself
      }
    }
    auto entry = std::make_shared<Entry>();
    entry->request = std::move(expected_.front());
    expected_.pop_front();
    begun_.push_back(entry);
    queue_.push_back(std::move(entry));
    work_.notify_one();
  }
}

void ListAhead::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    if (ended_) return;
    const auto entry = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    try {
      entry->page = source_.list_page(entry->request, &ended_);
    } catch (...) {
      entry->error = std::current_exception();
    }
    lock.lock();
    entry->done = true;
    done_.notify_all();
  }
}

}  // namespace peo::source
