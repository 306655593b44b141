// A stop request, made by a signal and observed by every wait.
// Thread-safe. `fd()` becomes readable on a request, so that a poll() on a socket wakes too.
#pragma once
#include <atomic>
#include <chrono>

namespace peo {

class Cancellation {
 public:
  // After a request, the current work has this long to finish; then it is rolled back.
  static constexpr std::chrono::seconds grace{3};

  Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;
  ~Cancellation();

  void request();  // async-signal-safe, idempotent
  bool requested() const { return requested_.load(std::memory_order_acquire); }
  int fd() const { return fd_; }
  // Sleeps; true if a stop is or was requested.
  bool sleep_for(std::chrono::nanoseconds time) const;
  // The time since the request; 0 without one.
  std::chrono::nanoseconds asked_for() const;

 private:
  int fd_;
  std::atomic<bool> requested_{false};
  std::atomic<std::chrono::steady_clock::rep> since_{0};
};

}  // namespace peo
