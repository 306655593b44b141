// The readers of single values: Booleans, durations, sizes, hosts, addresses; secrets stay hidden in errors.
#include "config/parse_value.hpp"

#include <gtest/gtest.h>

namespace peo::config {
namespace {

using namespace std::chrono_literals;

TEST(Values, Booleans) {
  for (const char* text : {"True", "true", "TRUE", "tRuE", "1", "yes", "YES", "on", " On\t", "true\r\n"}) {
    EXPECT_EQ(read_boolean(text), true) << text;
  }
  for (const char* text : {"False", "false", "0", "no", "No", "off", " OFF "}) {
    EXPECT_EQ(read_boolean(text), false) << text;
  }
  for (const char* text : {"", "2", "-1", "01", "t", "y", "enabled", "true false", "\"True\"", "tru e"}) {
    EXPECT_EQ(read_boolean(text), std::nullopt) << text;
  }
}

TEST(Values, Durations) {
  EXPECT_EQ(read_duration("15"), 15s);
  EXPECT_EQ(read_duration(" 0.25 "), 250ms);
  EXPECT_EQ(read_duration(".5"), 500ms);
  EXPECT_EQ(read_duration("500ms"), 500ms);
  EXPECT_EQ(read_duration("1.5 H"), 90min);
  EXPECT_EQ(read_duration("2m"), 2min);
  EXPECT_EQ(read_duration("30S"), 30s);
  EXPECT_EQ(read_duration("1d"), 24h);
  EXPECT_EQ(read_duration("0"), 0s);
  EXPECT_EQ(read_duration("366d"), 24h * 366);
  for (const char* text : {"", "-1", "+1", "1e3", "inf", "nan", "0x10", "1,5", "1.2.3", ".", "s", "1 minute",
                           "15 s s", "367d", "99999999999999999999999999", "1us"}) {
    EXPECT_EQ(read_duration(text), std::nullopt) << text;
  }
}

TEST(Values, Sizes) {
  EXPECT_EQ(read_size("0"), 0U);
  EXPECT_EQ(read_size("4096"), 4096U);
  EXPECT_EQ(read_size("1K"), 1024U);
  EXPECT_EQ(read_size("16 mib"), 16U << 20U);
  EXPECT_EQ(read_size("16M"), 16U << 20U);
  EXPECT_EQ(read_size("2GiB"), std::uint64_t{2} << 30U);
  EXPECT_EQ(read_size("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(read_size("17179869183G"), std::uint64_t{17179869183} << 30U);
  for (const char* text :
       {"", "-1", "1.5M", "M", "1T", "1MB", "18446744073709551616", "17179869184G", "0x10"}) {
    EXPECT_EQ(read_size(text), std::nullopt) << text;
  }
}

TEST(Values, HostsAndPorts) {
  EXPECT_EQ(read_host_port("localhost", 4222), (HostPort{"localhost", 4222}));
  EXPECT_EQ(read_host_port("a-b.c_d:1", 4222), (HostPort{"a-b.c_d", 1}));
  EXPECT_EQ(read_host_port("[::1]", 4222), (HostPort{"::1", 4222}));
  EXPECT_EQ(read_host_port("[fe80::1%eth0]:65535", 4222), (HostPort{"fe80::1%eth0", 65535}));
  for (const char* text :
       {"",     ":80",    "h:",   "h:0",   "h:65536", "h:-1", "h:+1", "h: 1", "h:1:2", "::1",
        "[::1", "[::1]x", "[]:1", "[h]:1", "u@h",     "h/p",  "h p",  "-h",   ".h",    "h:1/"}) {
    EXPECT_EQ(read_host_port(text, 4222), std::nullopt) << text;
  }
  EXPECT_EQ(to_string(HostPort{"::1", 80}), "[::1]:80");
  EXPECT_EQ(to_string(HostPort{"h", 80}), "h:80");
}

TEST(Values, ListenAddresses) {
  EXPECT_EQ(read_listen_address("127.0.0.1:9464"), (HostPort{"127.0.0.1", 9464}));
  EXPECT_EQ(read_listen_address("[::1]:9464"), (HostPort{"::1", 9464}));
  EXPECT_EQ(read_listen_address(":9464"), (HostPort{"0.0.0.0", 9464}));
  EXPECT_EQ(read_listen_address(" 9464 "), (HostPort{"127.0.0.1", 9464}));
  EXPECT_EQ(read_listen_address("localhost:80"), (HostPort{"localhost", 80}));
  for (const char* text :
       {"", "localhost", "[::1]", ":", "0", ":0", "65536", "http://h:80", "h:80/metrics"}) {
    EXPECT_EQ(read_listen_address(text), std::nullopt) << text;
  }
}

TEST(Values, PercentDecoding) {
  EXPECT_EQ(percent_decoded("a%40b%2f%2F%25%c3%A9"), "a@b//%\u00e9");
  EXPECT_EQ(percent_decoded(""), "");
  for (const char* text : {"%", "%4", "%4g", "%-1", "%+1", "a%00", "%0a", "%7F", "a\nb"}) {
    EXPECT_EQ(percent_decoded(text), std::nullopt) << text;
  }
}

TEST(Values, ShownHidesWhatLooksLikeASecret) {
  EXPECT_EQ(shown("/tmp/x"), "\"/tmp/x\"");
  EXPECT_EQ(shown("a\nb"), "\"a\\nb\"");
  for (const char* text : {"nats://u:marker@h", "user=x PassWord=marker", "bucket_key=marker"}) {
    EXPECT_EQ(shown(text).find("marker"), std::string::npos) << text;
  }
  EXPECT_LT(shown(std::string(10000, 'x')).size(), 100U);
}

}  // namespace
}  // namespace peo::config
