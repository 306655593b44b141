// The wish to stop, made by a signal and seen by every wait.
// Any thread may ask for it or look at it. `fd()` becomes readable with it, so that a poll() on a socket
// wakes too.
#pragma once
#include <atomic>
#include <chrono>

namespace peo {

class Cancellation {
 public:
  // What is in work when a stop is asked for gets this long to finish; then it is rolled back.
  static constexpr std::chrono::seconds grace{3};

  Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;
  ~Cancellation();

  void request();  // async-signal-safe; more than once is the same as once
  bool requested() const { return requested_.load(std::memory_order_acquire); }
  int fd() const { return fd_; }
  // Sleeps; true when woken (or already asked) to stop.
  bool sleep_for(std::chrono::nanoseconds time) const;
  // How long ago it was asked; 0 when it wasn't.
  std::chrono::nanoseconds asked_for() const;

 private:
  int fd_;
  std::atomic<bool> requested_{false};
  std::atomic<std::chrono::steady_clock::rep> since_{0};
};

}  // namespace peo
