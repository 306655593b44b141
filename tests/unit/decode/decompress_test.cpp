// Plain and gzipped input is decompressed from pieces of any size; every cut is an error.
#include "decode/decompress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "base/error.hpp"
#include "rows.hpp"
#include "support/temp_dir.hpp"

namespace peo::decode {
namespace {

using test::gzipped;
using ::testing::HasSubstr;

std::string plain(const std::string& bytes, std::size_t piece = 1 << 20, std::size_t buffer_size = 1000) {
  test::Pieces stream(bytes, piece);
  Decompressor decompressor(stream);
  std::string text;
  std::string buffer(buffer_size, '\0');
  while (const auto got = decompressor.read(buffer)) text.append(buffer, 0, got);
  EXPECT_EQ(decompressor.bytes_in(), bytes.size());
  return text;
}

std::string refusal(const std::string& bytes) {
  try {
    plain(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadDelivery);
    return error.describe();
  }
  return "accepted";
}

std::string random_text(std::size_t size) {
  std::mt19937 random(3);
  std::string text(size, '\0');
  for (auto& c : text) c = "abcdefgh,\n"[random() % 10];
  return text;
}

TEST(Decompress, PlainAndGzipAreToldByTheirBytes) {
  const auto text = random_text(300'000);
  EXPECT_EQ(plain(text), text);
  EXPECT_EQ(plain(gzipped(text)), text);
  EXPECT_EQ(plain(""), "");
  EXPECT_EQ(plain("x"), "x");
  EXPECT_EQ(plain(gzipped("")), "");
}

TEST(Decompress, ManyMembersAndAnyPieces) {
  const auto text = random_text(50'000);
  const auto bytes = gzipped(text) + gzipped("") + gzipped("second\n") + gzipped("third");
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U, 65536U}) {
    EXPECT_EQ(plain(bytes, piece, 1 + piece % 5 * 700), text + "second\nthird");
  }
  EXPECT_EQ(plain(bytes + std::string(70'000, '\0')), text + "second\nthird");
}

// The same member behind a header with all that RFC 1952 allows there: extra field, name, comment, checksum.
std::string with_long_header(const std::string& member) {
  std::string header = member.substr(0, 10);
  header[3] = 2 + 4 + 8 + 16;
  header += std::string("\x05\x00", 2) + "extra" + std::string("name.csv\0", 9) + std::string("remark\0", 7);
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size()));
  header += static_cast<char>(crc & 0xFFU);
  header += static_cast<char>(crc >> 8U & 0xFFU);
  return header + member.substr(10);
}

TEST(Decompress, HeadersWithAllFieldsInAnyPieces) {
  const auto text = random_text(20'000);
  const auto first = with_long_header(gzipped(text));
  const auto bytes = first + with_long_header(gzipped("second\n")) + gzipped("third");
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 11U, 65536U}) {
    EXPECT_EQ(plain(bytes, piece), text + "second\nthird") << piece;
  }
  for (std::size_t size = 2; size < 45; ++size)
    EXPECT_THAT(refusal(first.substr(0, size)), HasSubstr("truncated"));
  auto wrong = first;
  wrong[13] = 'E';  // in the extra field
  EXPECT_THAT(refusal(wrong), HasSubstr("header checksum"));
  wrong = first;
  wrong[3] = static_cast<char>(wrong[3] | 0x20);
  EXPECT_THAT(refusal(wrong), HasSubstr("unknown flags"));
  wrong[2] = 7;
  EXPECT_THAT(refusal(wrong), HasSubstr("unknown compression method"));
}

TEST(Decompress, EveryCutIsSeen) {
  const auto bytes = gzipped("one\ntwo\n") + gzipped("three\n");
  const auto border = gzipped("one\ntwo\n").size();
  for (std::size_t size = 2; size < bytes.size(); ++size) {
    if (size == border) continue;
    EXPECT_NE(refusal(bytes.substr(0, size)), "accepted") << size;
  }
  EXPECT_THAT(refusal(bytes.substr(0, bytes.size() - 1)), HasSubstr("truncated"));
}

TEST(Decompress, DamageIsSeen) {
  auto bytes = gzipped(random_text(1000));
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // in the checksum
  EXPECT_THAT(refusal(bytes), HasSubstr("corrupt"));
  EXPECT_THAT(refusal(gzipped("a") + "junk"), HasSubstr("not gzip"));
  EXPECT_THAT(refusal(gzipped("a") + std::string(10, '\0') + "x"), HasSubstr("not gzip"));
}

}  // namespace
}  // namespace peo::decode
