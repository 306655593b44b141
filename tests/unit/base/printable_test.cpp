// Text from outside on its way to a terminal, a log or a document.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/error.hpp"

namespace peo {
namespace {

TEST(Printable, LeavesWhatPeopleWrite) {
  for (const auto* const text : {"", "plain", "Größe, 日本, 😀", "two\nlines\tand a tab", "\\u001b as it is"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ShowsWhatCommandsOrHides) {
  EXPECT_EQ(printable("\x1b[2J\r\x07"), "\\u001b[2J\\u000d\\u0007");
  EXPECT_EQ(printable("\x7f\xc2\x85\xc2\x9b"), "\\u007f\\u0085\\u009b");
  EXPECT_EQ(printable("\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c"), "\\u202e\\u2066\\u200f\\u061c");
  EXPECT_EQ(printable("\xe2\x80\xa8\xef\xbb\xbf"), "\\u2028\\ufeff");
  EXPECT_EQ(printable_line("a\nb\tc\x1b"), "a\\nb\\tc\\x1b");
}

TEST(Printable, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("\xff\xc0\x80"), "\\xff\\xc0\\x80");           // overlong
  EXPECT_EQ(printable("\xed\xa0\xbd"), "\\xed\\xa0\\xbd");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(printable("cut \xe6\x97"), "cut \\xe6\\x97");
}

// JSON with these escapes means the same.
TEST(Printable, KeepsTheMeaningOfJson) {
  const nlohmann::json json{{"a", "x\x7f\xe2\x80\xae\xc2\x9b\x1b\n"}};
  EXPECT_EQ(nlohmann::json::parse(printable(json.dump())), json);
}

TEST(Printable, OfRandomBytesIsPrintable) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): repeatable
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 12, '\0');
    for (auto& c : text) c = static_cast<char>(random() % 4 != 0 ? random() % 256 : 0xe2);
    EXPECT_TRUE(is_printable(printable_line(text)));
    for (const char c : printable(text))
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  }
}

}  // namespace
}  // namespace peo
