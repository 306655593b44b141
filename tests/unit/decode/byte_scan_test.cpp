// The vectorized searches of bytes find exactly what a plain loop finds.
#include "decode/byte_scan.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace peo::decode {
namespace {

TEST(ByteScan, FindsWhatASlowSearchFinds) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 300, 'x');
    for (auto& c : text) {
      if (random() % 20 == 0) c = ",\n\"\rz"[random() % 5];
    }
    const auto end = text.size();
    text.append(scan_padding, ',');
    ByteScan scan(",\n\r\"");
    scan.reset(text.data());
    for (std::size_t at = 0; at < end; at += 1 + random() % 3) {
      const auto slow = text.find_first_of(",\n\r\"", at);
      ASSERT_EQ(std::min(scan.next(at, end), end), std::min(slow, end)) << round << " " << at;
    }
  }
}

TEST(ByteScan, PlainAscii) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, 'a');
    text.resize(size + 16, '\0');  // what stands behind doesn't count
    EXPECT_TRUE(plain_ascii(text.data(), size));
    for (std::size_t i = 0; i < size; ++i) {
      for (const char bad : {'\0', '\x80', '\xff'}) {
        std::string other = text;
        other[i] = bad;
        EXPECT_FALSE(plain_ascii(other.data(), size)) << size << " " << i;
      }
    }
  }
}

TEST(ByteScan, Utf8) {
  for (const char* good :
       {"", "abc", "ä", "日本", "🎉", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"})
    EXPECT_EQ(first_bad_byte(good), std::string_view(good).size()) << good;
  // Overlong, surrogates, too big, cut, a lone continuation.
  for (const char* bad :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xC3", "\xE6\x97", "\xF0\x9F\x8E", "\x80", "\xFF"}) {
    EXPECT_EQ(first_bad_byte("ab" + std::string(bad) + "c"), 2U);
  }
  EXPECT_EQ(first_bad_byte(std::string_view("a\0b", 3)), 1U);
}

}  // namespace
}  // namespace peo::decode
