// The buffer frames rows in PostgreSQL's binary COPY format.
#include "target/copy/encode/copy_buffer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peo::target::encode {
namespace {

TEST(CopyBuffer, FramesRowsAsTheServerWantsThem) {
  CopyBuffer out(1);
  write_header(out);
  begin_row(out, 3);
  write_int8(out, -2);
  write_null(out);
  write_text(out, "ab");
  write_trailer(out);
  const std::string expected(
      "PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0"
      "\0\3"
      "\0\0\0\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"
      "\xFF\xFF\xFF\xFF"
      "\0\0\0\2ab"
      "\xFF\xFF",
      19 + 2 + 12 + 4 + 6 + 2);
  EXPECT_EQ(out.bytes(), expected);
}

TEST(CopyBuffer, GrowsWithoutLosingAByte) {
  CopyBuffer out(16);
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string value(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    const auto before = out.size();
    write_text(out, value);
    EXPECT_EQ(out.size(), before + 4 + value.size());
    expected += out.bytes().substr(before, 4);
    expected += value;
  }
  EXPECT_EQ(out.bytes(), expected);
}

TEST(CopyBuffer, DropsAnIncompleteRow) {
  CopyBuffer out;
  write_text(out, "kept");
  const auto size = out.size();
  begin_row(out, 2);
  write_int4(out, 1);
  out.rewind(size);
  EXPECT_EQ(out.bytes(), std::string_view("\0\0\0\4kept", 8));
  out.clear();
  EXPECT_TRUE(out.bytes().empty());
}

}  // namespace
}  // namespace peo::target::encode
