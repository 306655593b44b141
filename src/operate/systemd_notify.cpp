#include "operate/systemd_notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace peo::operate {
namespace {

constexpr std::chrono::microseconds longest_pause{5'000'000};
// While stopping: how much longer systemd waits, from each message on.
constexpr int extend_seconds = 30;

// Half of the watchdog's timeout, as sd_watchdog_enabled(3) recommends.
std::chrono::microseconds pause() {
  const char* const text = std::getenv("WATCHDOG_USEC");
  if (text == nullptr) return longest_pause;
  std::int64_t allowed = 0;
  const auto* const end = text + std::strlen(text);
  if (std::from_chars(text, end, allowed).ptr != end || allowed <= 0) return longest_pause;
  return std::min(longest_pause, std::chrono::microseconds(allowed / 2));
}

}  // namespace

bool notify_service_manager(const std::string& message) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (*path != '/' && *path != '@')) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string_view name(path);
  if (name.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (*path == '@') address.sun_path[0] = '\0';  // an abstract socket
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const auto sent = ::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), length);
  ::close(fd);
  return sent == static_cast<ssize_t>(message.size());
}

SystemdNotify::SystemdNotify(std::function<Now()> now, const Cancellation& stop)
    : now_(std::move(now)), stop_(stop) {
  if (!notify_service_manager("READY=1")) return;
  thread_ = std::thread([this] { work(); });
}

SystemdNotify::~SystemdNotify() {
  end_.request();
  if (!thread_.joinable()) return;
  thread_.join();
  notify_service_manager("STOPPING=1");
}

void SystemdNotify::work() {
  const auto wait = pause();
  bool stopping = false;
  do {
    const auto now = now_();
    auto message = fmt::format("STATUS={}", shortened(now.status, 200));
    if (now.alive) message += "\nWATCHDOG=1";
    if (stop_.requested()) {
      if (!std::exchange(stopping, true)) message += "\nSTOPPING=1";
      if (now.alive) message += fmt::format("\nEXTEND_TIMEOUT_USEC={}", extend_seconds * 1'000'000);
    }
    notify_service_manager(message);
  } while (!end_.sleep_for(wait));
}

}  // namespace peo::operate
