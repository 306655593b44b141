#include "source/connection_limit.hpp"

#include <algorithm>

namespace peo::source {
namespace {

using namespace std::chrono_literals;

// A server this close answers faster than that: more connections would only cost CPU time.
constexpr auto shortest_wait = 3ms;
// Running transfers fail together for one reason, so they count once.
constexpr auto one_failure = 1s;
constexpr auto recovery = 10s;

}  // namespace

void ConnectionLimit::waited(Clock::duration time, Clock::time_point at) {
  if (!automatic_ || time < shortest_wait || at < no_growth_until_) return;
  now_ = std::min(now_ * 2, most);
}

void ConnectionLimit::failed(Clock::time_point at) {
  if (!automatic_) return;
  no_growth_until_ = at + recovery;
  if (at < no_shrinking_until_) return;
  no_shrinking_until_ = at + one_failure;
  now_ = std::max<std::size_t>(now_ / 2, 1);
}

}  // namespace peo::source
