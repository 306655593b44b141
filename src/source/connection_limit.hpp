// How many transfers may run at once: a fixed number, or adaptive. The adaptive limit doubles while the
// reader waits for bytes that no connection was free for, and halves when the server throttles or falls
// behind. Not thread-safe: the owner locks.
#pragma once
#include <chrono>
#include <cstddef>

namespace peo::source {

class ConnectionLimit {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t most = 64;

  explicit ConnectionLimit(std::size_t fixed) : automatic_(fixed == 0), now_(automatic_ ? first : fixed) {}

  std::size_t now() const { return now_; }
  std::size_t highest() const { return automatic_ ? most : now_; }
  // The reader waited this long, and more connections would have fetched more meanwhile.
  void waited(Clock::duration time, Clock::time_point at);
  // A transfer failed for a reason that more connections make worse: 503 SlowDown, a timeout, a broken
  // connection.
  void failed(Clock::time_point at);

 private:
  static constexpr std::size_t first = 4;

  bool automatic_;
  std::size_t now_;
  Clock::time_point no_growth_until_{};
  Clock::time_point no_shrinking_until_{};
};

}  // namespace peo::source
