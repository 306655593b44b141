// What systemd is told (Type=notify), read from a socket of the test's own.
#include "operate/systemd_notify.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "support/temp_dir.hpp"

namespace peo::operate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() {
    const std::string path = directory_ / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "20000", 1);  // so a notification every 10 ms
  }
  ServiceManagerTest(const ServiceManagerTest&) = delete;
  ServiceManagerTest& operator=(const ServiceManagerTest&) = delete;
  ~ServiceManagerTest() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket_);
  }

  // The next message; "" when none comes.
  std::string heard() const {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) return "";
    std::array<char, 4096> bytes{};
    const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    return size < 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(size));
  }
  // The first one that holds the text, of the next hundred.
  std::string heard_with(const std::string& text) const {
    for (int i = 0; i < 100; ++i) {
      const auto message = heard();
      if (message.empty() || message.find(text) != std::string::npos) return message;
    }
    return "";
  }

  test::TempDir directory_;
  int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  Cancellation stop_;
  std::atomic<bool> alive_{true};
};

TEST_F(ServiceManagerTest, ReadyThenSignsOfLifeThenStopping) {
  {
    const SystemdNotify manager([this] { return SystemdNotify::Now{alive_, "caught up"}; }, stop_);
    EXPECT_EQ(heard(), "READY=1");
    EXPECT_EQ(heard(), "STATUS=caught up\nWATCHDOG=1");
    EXPECT_EQ(heard(), "STATUS=caught up\nWATCHDOG=1");
  }
  EXPECT_EQ(heard_with("STOPPING=1"), "STOPPING=1");
}

// A main loop that hangs: the status is sent, but no watchdog notification, so that systemd's watchdog ends
// it.
TEST_F(ServiceManagerTest, NoSignOfLifeWhileTheMainLoopHangs) {
  const SystemdNotify manager(
      [this] {
        const bool alive = alive_;
        return SystemdNotify::Now{alive, alive ? "working" : "hangs"};
      },
      stop_);
  EXPECT_THAT(heard_with("working"), HasSubstr("WATCHDOG=1"));
  alive_ = false;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(heard_with("hangs"), "STATUS=hangs");
  alive_ = true;
  EXPECT_THAT(heard_with("working"), HasSubstr("WATCHDOG=1"));
}

// After a stop was asked for: more time while the main loop moves, none when it hangs.
TEST_F(ServiceManagerTest, AsksForTimeWhileItStops) {
  const SystemdNotify manager([this] { return SystemdNotify::Now{alive_, "finishing"}; }, stop_);
  EXPECT_THAT(heard_with("WATCHDOG=1"), Not(HasSubstr("EXTEND_TIMEOUT")));
  stop_.request();
  EXPECT_THAT(heard_with("STOPPING=1"), HasSubstr("EXTEND_TIMEOUT_USEC=30000000"));
  const auto next = heard();
  EXPECT_THAT(next, HasSubstr("EXTEND_TIMEOUT_USEC=30000000"));
  EXPECT_THAT(next, Not(HasSubstr("STOPPING=1")));  // said once
  alive_ = false;
  while (heard().find("WATCHDOG=1") != std::string::npos) {
  }
  EXPECT_EQ(heard(), "STATUS=finishing");
}

TEST_F(ServiceManagerTest, SaysNothingWhenNobodyListens) {
  ::setenv("NOTIFY_SOCKET", (directory_ / "nobody").c_str(), 1);
  EXPECT_FALSE(notify_service_manager("READY=1"));
  ::setenv("NOTIFY_SOCKET", "relative", 1);
  EXPECT_FALSE(notify_service_manager("READY=1"));
  ::setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
  EXPECT_FALSE(notify_service_manager("READY=1"));
}

}  // namespace
}  // namespace peo::operate
