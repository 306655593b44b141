// The binary encoders produce the bytes that PostgreSQL expects, and refuse what they can't represent.
#include "target/copy/encode/encoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace peo::target::encode {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

// The field in hexadecimal; "Unsure"; or the SQLSTATE.
std::string encoded(const std::string& type, std::string_view value) {
  CopyBuffer out(1);
  const auto outcome = encoder_for({type, 'b'})->encode(value, out);
  EXPECT_EQ(out.size() == 0, outcome != Outcome::Encoded) << "nothing may be written of a refused value";
  if (outcome == Outcome::Unsure) return "Unsure";
  return refused(outcome) ? std::string(sqlstate(outcome)) : hex(out.bytes());
}

TEST(Encoder, KnowsTypesByNameAndKind) {
  for (const auto* type :
       {"int2", "int4", "int8", "numeric", "float4", "float8", "bool", "text", "varchar", "bpchar", "date",
        "time", "timestamp", "timestamptz", "uuid", "bytea", "json", "jsonb"}) {
    EXPECT_TRUE(encoder_for({type, 'b'}).has_value()) << type;
  }
  EXPECT_FALSE(encoder_for({"interval", 'b'}).has_value());
  EXPECT_FALSE(encoder_for({"_int4", 'b'}).has_value());
  EXPECT_FALSE(encoder_for({"int4", 'c'}).has_value()) << "a composite type may have any name";
  EXPECT_TRUE(encoder_for({"ord_status", 'e'}).has_value());
}

TEST(Encoder, IntegersOfEveryLengthUpToTheirLimits) {
  EXPECT_EQ(encoded("int2", "-9"), "00000002fff7");
  EXPECT_EQ(encoded("int4", "+5"), "0000000400000005");
  EXPECT_EQ(encoded("int4", " 5\t"), "0000000400000005");
  std::string digits;
  std::uint64_t number = 0;
  for (int i = 1; i <= 18; ++i) {
    digits += static_cast<char>('0' + i % 10);
    number = number * 10 + static_cast<std::uint64_t>(i % 10);
    CopyBuffer expected;
    write_int8(expected, static_cast<std::int64_t>(number));
    EXPECT_EQ(encoded("int8", digits), hex(expected.bytes())) << digits;
  }
  EXPECT_EQ(encoded("int8", "-9223372036854775808"), "000000088000000000000000");
  EXPECT_EQ(encoded("int8", "0009223372036854775807"), "000000087fffffffffffffff");
  EXPECT_EQ(encoded("int8", "9223372036854775808"), "22003");
  EXPECT_EQ(encoded("int2", "32768"), "22003");
  EXPECT_EQ(encoded("int4", ""), "22P02");
  EXPECT_EQ(encoded("int4", "1.0"), "22P02");
  EXPECT_EQ(encoded("int4", "0x1F"), "Unsure") << "PostgreSQL 16 and newer read it";
  EXPECT_EQ(encoded("numeric", "-Infinity"), "Unsure") << "PostgreSQL 14 and newer read it";
  EXPECT_EQ(encoded("int4", std::string_view("1\0", 2)), "22021");
  EXPECT_EQ(encoded("int4", "1\xC2\xA0"), "Unsure");
}

// A character that isn't a digit is found wherever it stands.
TEST(Encoder, EveryPlaceOfAnIntegerIsChecked) {
  for (std::size_t n = 1; n <= 18; ++n) {
    for (std::size_t i = 0; i < n; ++i) {
      for (const char wrong : {'/', ':', 'a', '\x01', '.'}) {
        std::string value(n, '1');
        value[i] = wrong;
        EXPECT_EQ(encoded("int8", value), "22P02") << value;
      }
    }
  }
}

TEST(Encoder, NumericKeepsItsScale) {
  // Digits, weight, sign, scale, then the digits of base 10000.
  EXPECT_EQ(encoded("numeric", "24000.00"),
            "0000000c0002000100000002"
            "00020fa0");
  EXPECT_EQ(encoded("numeric", "2019.0000000000"),
            "0000000a000100000000000a"
            "07e3");
  EXPECT_EQ(encoded("numeric", "-0.00012"),
            "0000000c0002ffff40000005"
            "000107d0");
  EXPECT_EQ(encoded("numeric", "0.00000001"),
            "0000000a0001fffe00000008"
            "0001");
  EXPECT_EQ(encoded("numeric", "-0.00"), "000000080000000000000002");
  EXPECT_EQ(encoded("numeric", "+3.23800011e+01"),
            "0000000e0003000000000007"
            "00200ed8006e");
  EXPECT_EQ(encoded("numeric", "1e5"),
            "0000000a0001000100000000"
            "000a");
  EXPECT_EQ(encoded("numeric", "nan"), "0000000800000000c0000000");
  EXPECT_EQ(encoded("numeric", "1.2.3"), "22P02");
  EXPECT_EQ(encoded("numeric", "1.2.3e4"), "Unsure");
  EXPECT_EQ(encoded("numeric", "1,5"), "22P02");
  EXPECT_EQ(encoded("numeric", std::string(9000, '7')), "Unsure");
}

TEST(Encoder, FloatsAsDmsWritesThem) {
  EXPECT_EQ(encoded("float4", "+3.23800011e+01"), "000000044201851f");
  EXPECT_EQ(encoded("float8", "+5.0656000000000000e+05"), "00000008411eeb0000000000");
  EXPECT_EQ(encoded("float8", "-0"), "000000088000000000000000");
  EXPECT_EQ(encoded("float8", "-infinity"), "00000008fff0000000000000");
  EXPECT_EQ(encoded("float4", "1e39"), "22003");
  EXPECT_EQ(encoded("float8", "1e-400"), "22003");
  EXPECT_EQ(encoded("float8", "+-1"), "22P02");
  EXPECT_EQ(encoded("float8", "0x1p3"), "Unsure");
  EXPECT_EQ(encoded("float8", "-nan"), "Unsure");
}

TEST(Encoder, DaysAndTimes) {
  EXPECT_EQ(encoded("date", "2000-01-01"), "0000000400000000");
  EXPECT_EQ(encoded("date", "1996-07-04"), "00000004fffffb04");
  EXPECT_EQ(encoded("date", "1996-07-04 10:00:00"), "00000004fffffb04");
  EXPECT_EQ(encoded("date", "1900-02-29"), "22008");
  EXPECT_EQ(encoded("date", "0000-01-01"), "22008");
  EXPECT_EQ(encoded("date", "0044-03-15 BC"), "Unsure");
  EXPECT_EQ(encoded("date", "now"), "Unsure");
  EXPECT_EQ(encoded("date", ""), "22007");
  EXPECT_EQ(encoded("time", "24:00:00"), "00000008000000141dd76000");
  EXPECT_EQ(encoded("time", "24:00:00.1"), "22008");
  EXPECT_EQ(encoded("time", "03:04"), "Unsure");
  EXPECT_EQ(encoded("timestamp", "2000-01-01 00:00:00.000001"), "000000080000000000000001");
  EXPECT_EQ(encoded("timestamp", "2000-01-01T00:00:01"), "0000000800000000000f4240");
  EXPECT_EQ(encoded("timestamp", "2000-01-01 00:00:00.0000005"), "000000080000000000000000") << "to even";
  EXPECT_EQ(encoded("timestamp", "2000-01-01 00:00:00.0000015"), "000000080000000000000002");
  EXPECT_EQ(encoded("timestamp", "2000-01-01 00:00:00.1234567890123456"), "Unsure");
  EXPECT_EQ(encoded("timestamp", "2000-01-01 00:61:00"), "22008");
  EXPECT_EQ(encoded("timestamp", "2000-01-01 00:61:00 PST"), "Unsure");
}

TEST(Encoder, AnOffsetIsTakenOff) {
  const auto utc = encoded("timestamptz", "2026-06-15 07:00:45.123456");
  for (const auto* same :
       {"2026-06-15 12:30:45.123456000 +05:30", "2026-06-15 12:30:45.123456+05:30",
        "2026-06-15 12:30:45.123456+0530", "2026-06-14 23:00:45.123456-08", "2026-06-15T07:00:45.123456Z"}) {
    EXPECT_EQ(encoded("timestamptz", same), utc) << same;
  }
  EXPECT_EQ(encoded("timestamp", "2026-06-15 12:30:45.123456 +05:30"), utc);
  EXPECT_EQ(encoded("timestamptz", "2026-06-15 12:30:45 +16:00"), "Unsure");
}

TEST(Encoder, BooleansUuidsAndBytes) {
  for (const auto* yes : {"1", "1.0", "t", "TRUE", "y", "on", " tr "})
    EXPECT_EQ(encoded("bool", yes), "0000000101");
  for (const auto* no : {"0", "0.0", "f", "False", "n", "of"}) EXPECT_EQ(encoded("bool", no), "0000000100");
  for (const auto* neither : {"", "o", "2", "1.00", "truee"}) EXPECT_EQ(encoded("bool", neither), "22P02");
  const std::string uuid = "00000010a0eebc999c0b4ef8bb6d6bb9bd380a11";
  for (const auto* same : {"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
                           "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"}) {
    EXPECT_EQ(encoded("uuid", same), uuid) << same;
  }
  EXPECT_EQ(encoded("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A1G"), "22P02");
  EXPECT_EQ(encoded("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11 "), "22P02");
  EXPECT_EQ(encoded("bytea", "0xDEADbeef0001020304"), "00000009deadbeef0001020304");
  EXPECT_EQ(encoded("bytea", "\\xff"), "00000001ff");
  EXPECT_EQ(encoded("bytea", ""), "00000000");
  EXPECT_EQ(encoded("bytea", "abc"), "22023");
  EXPECT_EQ(encoded("bytea", "0X12"), "Unsure");
  EXPECT_EQ(encoded("bytea", "12 34"), "Unsure");
}

TEST(Encoder, TextGoesAsItIs) {
  std::string value;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(encoded("text", value).substr(8), hex(value)) << value;
    EXPECT_EQ(encoded("jsonb", value).substr(8), "01" + hex(value)) << value;
    value += static_cast<char>('a' + i % 26);
  }
}

}  // namespace
}  // namespace peo::target::encode
