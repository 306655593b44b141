// Exponential back-off with jitter for transient errors, within a time budget.
// Logs the first error, each change of the error, a reminder once a minute, and the recovery, so that the log
// stays readable during an outage. One thread at a time.
#pragma once
#include <chrono>
#include <optional>
#include <random>
#include <string>

#include "base/cancellation.hpp"
#include "base/error.hpp"

namespace peo {

class Backoff {
 public:
  // Without a budget it retries indefinitely (a service).
  Backoff(const Cancellation& stop, std::optional<std::chrono::nanoseconds> budget,
          std::chrono::nanoseconds first = std::chrono::milliseconds(200),
          std::chrono::nanoseconds longest = std::chrono::seconds(15));

  // Waits before the next attempt. False: the budget is exhausted or a stop was requested; rethrow the error.
  bool wait(const Error& error);
  // Call after a success.
  void recovered();
  std::uint64_t tries() const { return tries_; }

 private:
  const Cancellation& stop_;
  std::optional<std::chrono::nanoseconds> budget_;
  std::chrono::nanoseconds first_, longest_, next_;
  std::uint64_t tries_ = 0;
  std::chrono::steady_clock::time_point began_{}, said_{};
  std::string said_what_;
  std::minstd_rand random_;
};

}  // namespace peo
