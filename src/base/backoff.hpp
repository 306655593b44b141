// Waiting between tries of something that may pass: exponential, with jitter, inside a budget.
// Says so when it begins, when the error becomes another one, once a minute while it lasts, and "recovered"
// when it is over, so that a log stays readable through an outage. One thread at a time.
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
  // No budget: for ever (a service).
  Backoff(const Cancellation& stop, std::optional<std::chrono::nanoseconds> budget,
          std::chrono::nanoseconds first = std::chrono::milliseconds(200),
          std::chrono::nanoseconds longest = std::chrono::seconds(15));

  // Waits before the next try. False: the budget is spent or a stop was asked for; give the error up.
  bool wait(const Error& error);
  // To be called after a success.
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
