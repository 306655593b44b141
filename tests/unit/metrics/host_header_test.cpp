// Addresses, localhost and the configured name are ours; whatever else a page of a stranger is called is not.
#include "metrics/host_header.hpp"

#include <gtest/gtest.h>

namespace peo::metrics {
namespace {

TEST(HostHeader, AddressesLocalhostAndTheConfiguredNameAreOwn) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9464", "10.1.2.3:80", "[::1]", "[::1]:9464", "[fd00::1]:1", "localhost",
        "LocalHost:9464", "localhost.:9464", "loader.internal", "Loader.Internal:9464", "loader.internal."})
    EXPECT_TRUE(is_own_host(host, "loader.internal")) << host;
}

TEST(HostHeader, AnythingElseIsForeign) {
  for (const std::string& host : {std::string(),
                                  std::string("evil.example"),
                                  std::string("evil.example:9464"),
                                  std::string("127.0.0.1.evil.example"),
                                  std::string("localhost.evil.example"),
                                  std::string("evil.example:127.0.0.1"),
                                  std::string("localhost@evil.example"),
                                  std::string("127.0.0.1, evil.example"),
                                  std::string("[::1"),
                                  std::string("[::1].evil.example"),
                                  std::string("[evil.example]"),
                                  std::string("::1"),
                                  std::string("localhost:x"),
                                  std::string("127.1"),
                                  std::string("1270.0.0.1"),
                                  std::string("."),
                                  std::string(":9464"),
                                  std::string("[]"),
                                  std::string("localhost\0.evil", 15),
                                  std::string(" localhost"),
                                  std::string("[127.0.0.1]")})
    EXPECT_FALSE(is_own_host(host, "loader.internal")) << host;
  // Without a name in METRICS_ADDRESS, or with an address there, no name is configured.
  EXPECT_FALSE(is_own_host("", ""));
  EXPECT_FALSE(is_own_host("evil.example", "0.0.0.0"));
}

}  // namespace
}  // namespace peo::metrics
