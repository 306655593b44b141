// A newcomer always gets in, and nobody stays without asking.
#include "metrics/connection_limits.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace peo::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const ConnectionLimits::Clock::time_point start{};

TEST(ConnectionLimits, ARequestHasItsTimeHoweverManyBytesCome) {
  ConnectionLimits limits;
  limits.opened(1, "a", start);
  limits.opened(2, "a", start + std::chrono::seconds(1));
  EXPECT_THAT(limits.take_surplus(start + ConnectionLimits::request_time), IsEmpty());
  limits.answered(2, start + std::chrono::seconds(5));
  EXPECT_THAT(limits.take_surplus(start + std::chrono::seconds(12)), ElementsAre(1));
  EXPECT_THAT(limits.take_surplus(start + std::chrono::seconds(12)), IsEmpty());
  EXPECT_THAT(limits.take_surplus(start + std::chrono::seconds(16)), ElementsAre(2));
}

TEST(ConnectionLimits, TheOldestOfAnAddressMakesRoom) {
  ConnectionLimits limits;
  int socket = 0;
  for (std::size_t i = 0; i < ConnectionLimits::per_address; ++i)
    limits.opened(++socket, "a", start + std::chrono::seconds(i % 7 + 1));
  limits.opened(100, "b", start);
  EXPECT_THAT(limits.take_surplus(start), IsEmpty());
  limits.opened(101, "a", start + std::chrono::seconds(8));
  EXPECT_THAT(limits.take_surplus(start), ElementsAre(1));
  limits.closed(2);
  limits.opened(102, "a", start + std::chrono::seconds(8));
  EXPECT_THAT(limits.take_surplus(start), IsEmpty());
}

TEST(ConnectionLimits, TheAddressThatHasMostMakesRoomForOthers) {
  ConnectionLimits limits;
  int socket = 0;
  const std::size_t each = 4;
  for (std::size_t i = 0; i < ConnectionLimits::total - each; i += each) {
    for (std::size_t k = 0; k < each; ++k)
      limits.opened(++socket, std::to_string(i), start + std::chrono::seconds(1));
  }
  for (std::size_t k = 0; k < each + 1; ++k)
    limits.opened(1000 + static_cast<int>(k), "most", start + std::chrono::seconds(2));
  EXPECT_THAT(limits.take_surplus(start), ElementsAre(1000));
  limits.opened(2000, "probe", start + std::chrono::seconds(3));
  EXPECT_EQ(limits.take_surplus(start).size(), 1U);
  limits.opened(2000, "probe", start + std::chrono::seconds(3));  // still there
  EXPECT_THAT(limits.take_surplus(start), IsEmpty());
}

std::string key(const std::string& text) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    return address_key(reinterpret_cast<sockaddr*>(&v4));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1);
  return address_key(reinterpret_cast<sockaddr*>(&v6));
}

TEST(ConnectionLimits, AnIpv6NetworkIsOneAddress) {
  EXPECT_EQ(key("2001:db8::1"), key("2001:db8::ffff:1"));
  EXPECT_NE(key("2001:db8::1"), key("2001:db8:0:1::1"));
  EXPECT_EQ(key("::ffff:192.0.2.1"), key("192.0.2.1"));
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
}

}  // namespace
}  // namespace peo::metrics
