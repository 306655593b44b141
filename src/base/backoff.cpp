#include "base/backoff.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace peo {

using std::chrono::steady_clock;

Backoff::Backoff(const Cancellation& stop, std::optional<std::chrono::nanoseconds> budget,
                 std::chrono::nanoseconds first, std::chrono::nanoseconds longest)
    : stop_(stop),
      budget_(budget),
      first_(first),
      longest_(longest),
      next_(first),
      random_(std::random_device{}()) {}

bool Backoff::wait(const Error& error) {
  const auto now = steady_clock::now();
  if (tries_++ == 0) began_ = now;
  if (budget_ && now - began_ >= *budget_) return false;
  // Also log a changed error: what began as a lost connection may have become a refused login.
  if (tries_ == 1 || now - said_ >= std::chrono::minutes(1) || error.what() != said_what_) {
    const auto end = tries_ == 1 ? std::string(" Retrying.") : fmt::format(" Retrying (attempt {}).", tries_);
    log::warning(error.text().before(end));
    said_ = now;
    said_what_ = error.what();
  }
  // Jitter between half and all of the delay, so that many loaders don't reconnect to a server at the same
  // time.
  std::uniform_int_distribution<std::chrono::nanoseconds::rep> spread(next_.count() / 2, next_.count());
  const bool stopped = stop_.sleep_for(std::chrono::nanoseconds(spread(random_)));
  next_ = std::min(next_ * 2, longest_);
  return !stopped;
}

void Backoff::recovered() {
  if (tries_ == 0) return;
  const auto seconds = std::chrono::duration<double>(steady_clock::now() - began_).count();
  log::info("Recovered after {:.1f} seconds ({} {}).", seconds, tries_, tries_ == 1 ? "attempt" : "attempts");
  tries_ = 0;
  next_ = first_;
}

}  // namespace peo
