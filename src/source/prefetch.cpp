#include "source/prefetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/identifiers.hpp"

namespace peo::source {
namespace {

using std::chrono::steady_clock;

// Large enough that the latency of a request is small compared to its transfer time.
constexpr std::uint64_t longest_range = std::uint64_t{8} * 1024 * 1024;
constexpr std::uint64_t shortest_range = std::uint64_t{64} * 1024;
constexpr std::size_t longest_read = std::size_t{256} * 1024;

bool same(const ObjectInfo& a, const ObjectInfo& b) { return a.key == b.key && a.etag == b.etag; }

}  // namespace

// A range of an object, from request to reader. The bytes from `filled` on belong to the fetching thread;
// mutex_ guards the rest.
struct Prefetch::Job {
  enum class State { Queued, Running, Done, Failed };

  ObjectInfo object;
  ByteRange range;
  std::unique_ptr<char[]> bytes;
  std::uint64_t filled = 0;  // bytes received, as an offset in the object; the range's end only when done
  State state = State::Queued;
  std::exception_ptr error{};
  bool may_be_gone = false;  // the error may be gone by the time another object is opened
  std::atomic<bool> given_up{false};

  std::uint64_t size() const { return range.end - range.begin; }
  bool holds(const ObjectInfo& of, std::uint64_t offset) const {
    return same(object, of) && range.begin <= offset && offset < range.end;
  }
};

class Prefetch::Stream final : public ByteStream {
 public:
  Stream(Prefetch& prefetch, ObjectInfo of, std::uint64_t from, std::uint64_t in_plan)
      : object(std::move(of)), offset(from), plan(in_plan), prefetch_(prefetch) {}
  std::size_t read(std::span<char> buffer) override { return prefetch_.read(*this, buffer); }

  const ObjectInfo object;
  std::uint64_t offset;
  const std::uint64_t plan;

 private:
  Prefetch& prefetch_;
};

Prefetch::Prefetch(std::unique_ptr<RemoteSource> source, PrefetchOptions options, const Cancellation& stop)
    : source_(std::move(source)),
      lists_(*source_, options.connections),
      options_(options),
      // A quarter, so that several ranges of one object are fetched at once.
      range_bytes_(std::clamp(options.bytes / 4, shortest_range, longest_range)),
      stop_(stop),
      limit_(options.connections) {}

Prefetch::~Prefetch() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    queue_.clear();
    for (auto* jobs : {&jobs_, &kept_, &read_}) {
      for (auto& job : *jobs) job->given_up = true;
    }
  }
  work_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Prefetch::expect(const std::vector<ObjectInfo>& wanted) {
  std::vector<ObjectInfo> objects;
  objects.reserve(wanted.size());
  // Empty objects are never opened.
  std::ranges::copy_if(wanted, std::back_inserter(objects),
                       [](const ObjectInfo& object) { return object.size != 0; });
  std::set<std::pair<std::string_view, std::string_view>> names;
  for (const auto& object : objects) names.emplace(object.key, object.etag);
  const Lock lock(mutex_);
  for (auto* jobs : {&read_, &jobs_}) {
    std::move(jobs->begin(), jobs->end(), std::back_inserter(kept_));
    jobs->clear();
  }
  queue_.clear();
  std::erase_if(kept_, [&](const auto& job) {
    const bool fetched = job->state == Job::State::Running || job->state == Job::State::Done;
    if (fetched && names.contains({job->object.key, job->object.etag})) return false;
    drop(*job);
    return true;
  });
  expected_ = std::move(objects);
  next_object_ = 0;
  next_byte_ = 0;
  opened_ = {};
  ++plan_;
  arrived_.notify_all();
  schedule();
}

std::unique_ptr<ByteStream> Prefetch::open(const ObjectInfo& object, std::uint64_t offset) {
  {
    const Lock lock(mutex_);
    opened_ = object;
    if (advance_to(object, offset)) {
      restart_failed(object);
      schedule();
      return std::make_unique<Stream>(*this, object, offset, plan_);
    }
  }
  return source_->open(object, offset);
}

// Drops everything before this byte in the plan. False: the object is no longer expected.
bool Prefetch::advance_to(const ObjectInfo& object, std::uint64_t offset) {
  const auto drop_before = [this](const Jobs::iterator& end) {
    std::for_each(jobs_.begin(), end, [this](const auto& job) { drop(*job); });
    std::erase_if(queue_, [](const auto& job) { return job->given_up.load(); });
    jobs_.erase(jobs_.begin(), end);
  };
  const auto job = std::ranges::find_if(jobs_, [&](const auto& one) { return one->holds(object, offset); });
  if (job != jobs_.end()) {
    drop_before(job);
    return true;
  }
  const auto next = std::find_if(expected_.begin() + static_cast<std::ptrdiff_t>(next_object_),
                                 expected_.end(), [&](const auto& one) { return same(one, object); });
  if (next == expected_.end() || offset >= object.size) return false;
  drop_before(jobs_.end());
  next_object_ = static_cast<std::size_t>(next - expected_.begin());
  next_byte_ = offset;
  return true;
}

// The reader waits before it reopens an object, which is long enough for the other failed transfers too;
// otherwise each of them would make it wait again.
void Prefetch::restart_failed(const ObjectInfo& object) {
  Jobs again;
  for (const auto& job : jobs_) {
    if (job->state != Job::State::Failed || (!job->may_be_gone && !same(job->object, object))) continue;
    job->state = Job::State::Queued;
    job->error = nullptr;
    again.push_back(job);
    work_.notify_one();
  }
  queue_.insert(queue_.begin(), again.begin(), again.end());
}

void Prefetch::drop(Job& job) {
  job.given_up = true;
  held_bytes_ -= job.size();
}

std::shared_ptr<Prefetch::Job> Prefetch::take_kept(const ObjectInfo& object, ByteRange range) {
  const auto found = std::ranges::find_if(kept_, [&](const auto& job) {
    return same(job->object, object) && job->range.begin == range.begin && job->range.end == range.end;
  });
  if (found == kept_.end()) return nullptr;
  auto job = std::move(*found);
  kept_.erase(found);
  return job;
}

// Starts as many transfers as fit.
void Prefetch::schedule() {
  lacks_connection_ = false;
  while (next_object_ < expected_.size() && !ended_) {
    const auto& object = expected_[next_object_];
    const ByteRange range{next_byte_, std::min(object.size, next_byte_ + range_bytes_)};
    auto job = take_kept(object, range);
    if (!job) {
      // After a stop request the current delivery is finished and no other is started.
      if (stop_.requested() && !same(object, opened_)) return;
      // The reader waits for the first range, so it starts regardless of the memory limit.
      if (!jobs_.empty()) {
        while (!read_.empty() && held_bytes_ + (range.end - range.begin) > options_.bytes) {
          drop(*read_.front());
          read_.pop_front();
        }
        if (held_bytes_ + (range.end - range.begin) > options_.bytes) return;
        lacks_connection_ = running_ + queue_.size() >= limit_.now();
        if (lacks_connection_) return;
      }
      job = std::make_shared<Job>();
      job->object = object;
      job->range = range;
      job->filled = range.begin;
      job->bytes = std::make_unique_for_overwrite<char[]>(job->size());
      held_bytes_ += job->size();
      queue_.push_back(job);
      add_thread();
      work_.notify_one();
    }
    jobs_.push_back(std::move(job));
    next_byte_ = range.end;
    if (next_byte_ == object.size) {
      ++next_object_;
      next_byte_ = 0;
    }
  }
  for (const auto& job : kept_) drop(*job);
  kept_.clear();
}

void Prefetch::add_thread() {
  if (threads_.size() >= std::min(running_ + queue_.size(), limit_.highest())) return;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    // The existing threads fetch it later.
    if (threads_.empty()) throw Error::retry(fmt::format("can't start a thread: {}", error.what()));
  }
}

void Prefetch::work() {
  Lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return ended_ || (!queue_.empty() && running_ < limit_.now()); });
    if (ended_) return;
    const auto job = std::move(queue_.front());
    queue_.pop_front();
    job->state = Job::State::Running;
    ++running_;
    fetch(*job, lock);
    --running_;
    schedule();
  }
}

void Prefetch::fetch(Job& job, Lock& lock) {
  const auto arrived = [&](std::uint64_t up_to) {
    job.filled = up_to;
    if (!jobs_.empty() && jobs_.front().get() == &job) arrived_.notify_all();
  };
  auto at = job.filled;
  const auto end = job.range.end;
  lock.unlock();
  std::exception_ptr error;
  bool may_be_gone = false;
  try {
    const auto stream = source_->open_range(job.object, {at, end}, &job.given_up);
    // Read the stream to its end, even when the range is complete: this frees its connection, and detects an
    // object that is longer than listed.
    for (char more = 0;;) {
      auto* const into = job.bytes.get() + (at - job.range.begin);
      const auto got = at == end ? stream->read({&more, 1})
                                 : stream->read({into, std::min<std::uint64_t>(end - at, longest_read)});
      if (got == 0) break;
      if (at == end) throw Error::changed_object(job.object.key + " is longer than when it was listed", "");
      at += got;
      if (at == end) continue;
      lock.lock();
      arrived(at);
      lock.unlock();
    }
    if (at != end) throw Error::retry(fmt::format("the object ended after {} bytes", at));
  } catch (const Error& failure) {
    error = std::current_exception();
    may_be_gone = failure.kind() == ErrorKind::Retry && !failure.is_changed_object();
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  job.error = error;
  job.may_be_gone = may_be_gone;
  job.state = error ? Job::State::Failed : Job::State::Done;
  if (may_be_gone && !job.given_up) limit_.failed(steady_clock::now());
  arrived(at == end && error ? job.filled : at);
}

std::size_t Prefetch::read(Stream& stream, std::span<char> buffer) {
  if (stream.offset == stream.object.size) return 0;
  Lock lock(mutex_);
  const auto began = steady_clock::now();
  bool waited = false;
  std::shared_ptr<Job> job;
  while (true) {
    if (stream.plan != plan_ || jobs_.empty() || !jobs_.front()->holds(stream.object, stream.offset))
      throw Error::retry("another object was opened meanwhile");
    job = jobs_.front();
    if (job->filled > stream.offset) break;
    if (job->state == Job::State::Failed) std::rethrow_exception(job->error);
    waited = true;
    arrived_.wait(lock);
  }
  if (waited && lacks_connection_) {
    const auto now = steady_clock::now();
    limit_.waited(now - began, now);
    schedule();
  }
  const auto count = std::min<std::uint64_t>(buffer.size(), job->filled - stream.offset);
  lock.unlock();
  std::memcpy(buffer.data(), job->bytes.get() + (stream.offset - job->range.begin), count);
  stream.offset += count;
  if (stream.offset != job->range.end) return count;
  lock.lock();
  if (stream.plan == plan_ && !jobs_.empty() && jobs_.front() == job) {
    // Keep it for the next plan: a load method that gives up a delivery reads it again, along with everything
    // that was prefetched.
    read_.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
    schedule();
  }
  return count;
}

}  // namespace peo::source
