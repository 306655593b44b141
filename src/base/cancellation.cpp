#include "base/cancellation.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "base/error.hpp"

namespace peo {

using std::chrono::steady_clock;

Cancellation::Cancellation() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Error::internal("eventfd failed");
}

Cancellation::~Cancellation() { ::close(fd_); }

void Cancellation::request() {
  if (requested_.load(std::memory_order_acquire)) return;
  since_.store(steady_clock::now().time_since_epoch().count(), std::memory_order_release);
  requested_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

bool Cancellation::sleep_for(std::chrono::nanoseconds time) const {
  const auto until = steady_clock::now() + time;
  while (!requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd wait{fd_, POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
  }
  return true;
}

std::chrono::nanoseconds Cancellation::asked_for() const {
  if (!requested()) return {};
  return steady_clock::now().time_since_epoch() -
         steady_clock::duration(since_.load(std::memory_order_acquire));
}

}  // namespace peo
