// Values of each type as DMS writes them, at random; odd ones; and ways to damage them. Always the same for
// the same seed.
#pragma once
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace peo::test {

class SampleValues {
 public:
  explicit SampleValues(std::uint32_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  // As DMS renders a value of the type: every one has an encoding.
  std::string common(std::string_view type) {
    if (type == "int2") return std::to_string(static_cast<std::int16_t>(random_()));
    if (type == "int4") return std::to_string(static_cast<std::int32_t>(random_() >> (32 + below(31))));
    if (type == "int8") return std::to_string(static_cast<std::int64_t>(random_()) >> below(63));
    if (type == "numeric") return sign() + digits(1, 24) + (below(4) == 0 ? "" : "." + digits(1, 20));
    if (type == "float4") return fmt::format("{:+.8e}", single());
    if (type == "float8") return fmt::format("{:+.16e}", number());
    if (type == "bool") return std::array{"0", "1", "t", "f", "true", "false", "True", "FALSE"}[below(8)];
    if (type == "date") return date();
    if (type == "time") return time() + fraction();
    if (type == "timestamp") return date() + " " + time() + fraction();
    if (type == "timestamptz") return date() + " " + time() + fraction() + zone();
    if (type == "uuid") return uuid();
    if (type == "bytea") return std::array{"", "0x", "\\x"}[below(3)] + hex(2 * below(40));
    if (type == "jsonb" || type == "json")
      return "{\"a\": [1, 2.50, null], \"b\" :\"" + hex(below(9)) + "\"}";
    return text();
  }

  // One to four characters changed, added or lost.
  std::string damaged(std::string value) {
    constexpr std::string_view alphabet = "0123456789+-.:eEtTzZ /{}xXnNaAiIfFyY_,\t\\";
    for (auto times = 1 + below(4); times != 0; --times) {
      const char c = alphabet[below(alphabet.size())];
      const auto at = below(value.size() + 1);
      switch (below(5)) {
        case 0:
          value.insert(at, 1, c);
          break;
        case 1:
          value.erase(at, 1);
          break;
        case 2:
          value.insert(at, value.substr(at, 1 + below(3)));
          break;
        case 3:
          if (at < value.size()) value[at] = static_cast<char>('0' + below(10));
          break;
        default:
          if (at < value.size()) value[at] = c;
      }
    }
    return value;
  }

 private:
  std::string sign() { return std::array{"", "", "-", "+"}[below(4)]; }
  std::string digits(std::uint64_t least, std::uint64_t most) {
    std::string text;
    const bool zeros = below(3) == 0;  // long runs of zeros are where weights go wrong
    for (auto n = least + below(most - least + 1); n != 0; --n) {
      text += static_cast<char>('0' + (zeros && below(8) != 0 ? 0 : below(10)));
    }
    return text;
  }
  std::string hex(std::uint64_t n) {
    std::string text;
    for (; n != 0; --n) text += "0123456789abcdefABCDEF"[below(22)];
    return text;
  }
  double number() {
    const double mantissa = static_cast<double>(random_() >> 11U) - 0x1p52;
    return below(2) == 0 ? mantissa / 1e10 : std::ldexp(mantissa, static_cast<int>(below(1900)) - 950);
  }
  float single() {
    const auto mantissa = static_cast<float>(static_cast<std::int32_t>(random_()));
    return below(2) == 0 ? mantissa / 1e4F : std::ldexp(mantissa, static_cast<int>(below(190)) - 95);
  }
  std::string date() {
    const auto year = below(4) == 0 ? 1 + below(9999) : 1990 + below(50);
    return fmt::format("{:04}-{:02}-{:02}", year, 1 + below(12), 1 + below(28));
  }
  std::string time() { return fmt::format("{:02}:{:02}:{:02}", below(24), below(60), below(60)); }
  std::string fraction() { return below(3) == 0 ? "" : "." + digits(1, 9); }
  std::string zone() {
    constexpr std::array forms{" {}{:02}:{:02}", "{}{:02}:{:02}", "{}{:02}{:02}", " {}{:02}"};
    if (below(4) == 0) return below(2) == 0 ? "" : "Z";
    return fmt::format(fmt::runtime(forms[below(4)]), "+-"[below(2)], below(16), below(60));
  }
  std::string uuid() {
    const auto bare = hex(8) + "-" + hex(4) + "-" + hex(4) + "-" + hex(4) + "-" + hex(12);
    if (below(8) == 0) return hex(32);
    return below(4) == 0 ? "{" + bare + "}" : bare;
  }
  std::string text() {
    constexpr std::array pieces{"a", "Z", " ", ",", "\"", "'", "\t", "\n", "\r", "\\", "ä", "日本", "😀", "N"};
    std::string value;
    for (auto n = below(12); n != 0; --n) value += pieces[below(pieces.size())];
    return value;
  }

  std::mt19937_64 random_;
};

// Edges: accepted, refused or unclear; what they are, PostgreSQL says.
inline std::vector<std::string> edge_values(const std::string& type) {
  const std::string zeros(40, '0');
  const std::vector<std::string> numbers{"",
                                         " ",
                                         "0",
                                         "-0",
                                         "+0",
                                         "+",
                                         "-",
                                         "+-1",
                                         "--1",
                                         " 1",
                                         "1 ",
                                         "\t1\n",
                                         "1\v",
                                         "1\f",
                                         "1 2",
                                         "- 1",
                                         "1.",
                                         ".1",
                                         ".",
                                         "-.5",
                                         "1.5",
                                         "1,5",
                                         "1e5",
                                         "1E5",
                                         "1e+5",
                                         "1e-5",
                                         "1e",
                                         "1e+",
                                         "e5",
                                         "1e5.5",
                                         "1e+-5",
                                         "1e 5",
                                         "0x10",
                                         "0X1F",
                                         "1_000",
                                         "0b1",
                                         "0o7",
                                         "NaN",
                                         "nan",
                                         "-nan",
                                         "+nan",
                                         "nan ",
                                         "nanx",
                                         "nan(1)",
                                         "inf",
                                         "+inf",
                                         "-inf",
                                         "Infinity",
                                         "-INFINITY",
                                         "infinit",
                                         "infinityx",
                                         " inf ",
                                         "1é",
                                         "é",
                                         "\xC2\xA0"
                                         "1",
                                         "１",
                                         "127",
                                         "128",
                                         "32767",
                                         "32768",
                                         "-32768",
                                         "-32769",
                                         "2147483647",
                                         "2147483648",
                                         "-2147483648",
                                         "-2147483649",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "-9223372036854775808",
                                         "-9223372036854775809",
                                         "99999999999999999999x",
                                         "12345678901234567890",
                                         "000000000000000000000000000012",
                                         zeros + "7",
                                         "-" + zeros + "32768",
                                         "1." + zeros,
                                         "0." + zeros + "1",
                                         zeros + "." + zeros,
                                         "9999.9999",
                                         "10000.0001",
                                         "1.2.3",
                                         "1..2",
                                         "1.2.3e4",
                                         "0.5e1",
                                         "0.000e3",
                                         "0.000e-3",
                                         "5.e1",
                                         ".5e1",
                                         ".e1",
                                         "1e400",
                                         "1e-400",
                                         "1e401",
                                         "-1e-401",
                                         "1e99999",
                                         "1e9999999999",
                                         "0e999999",
                                         "123456789e-9",
                                         "123456789e-20",
                                         "1e2147483648",
                                         "1.7976931348623157e308",
                                         "1.7976931348623159e308",
                                         "4.9e-324",
                                         "2.4e-324",
                                         "2.5e-324",
                                         "2.2250738585072014e-308",
                                         "3.4028235e38",
                                         "3.4028236e38",
                                         "1.4e-45",
                                         "7e-46",
                                         "7.1e-46",
                                         "1.17549435e-38",
                                         "16777217",
                                         "16777219",
                                         "0.1",
                                         "0.30000000000000004",
                                         "9007199254740993",
                                         "9007199254740992.5",
                                         "1.00000017881393432617187499",
                                         "1.00000017881393432617187500",
                                         "1.00000017881393432617187501",
                                         "0x1p-3",
                                         std::string(310, '9'),
                                         std::string(4000, '7') + "." + std::string(3900, '3'),
                                         std::string(9000, '7'),
                                         std::string(7999, '0') + "1"};
  const std::vector<std::string> days{"",
                                      " ",
                                      "infinity",
                                      "-infinity",
                                      "Infinity",
                                      "+infinity",
                                      "-INFINITY",
                                      "epoch",
                                      "infinity ",
                                      "0001-01-01",
                                      "0000-01-01",
                                      "9999-12-31",
                                      "10000-01-01",
                                      "0044-03-15 BC",
                                      "4714-11-24 BC",
                                      "4714-11-23 BC",
                                      "2000-02-29",
                                      "1900-02-29",
                                      "2100-02-29",
                                      "2400-02-29",
                                      "2001-02-29",
                                      "2001-02-30",
                                      "2020-04-31",
                                      "2020-00-10",
                                      "2020-13-01",
                                      "2020-01-00",
                                      "2020-01-32",
                                      "2020-1-2",
                                      "20200102",
                                      "2020/01/02",
                                      "2020.01.02",
                                      "02-01-2020",
                                      "2020-01-02 ",
                                      " 2020-01-02",
                                      "2020-001",
                                      "2020-Jan-02",
                                      "Jan 2 2020",
                                      "2020-01-02T",
                                      "2020-01-02 03:04",
                                      "2020-01-02 03:04:05",
                                      "2020-01-02T03:04:05",
                                      "2020-01-02t03:04:05",
                                      "2020-01-02  03:04:05",
                                      "2020-01-02 24:00:00",
                                      "2020-01-02 24:00:00.0000001",
                                      "2020-01-02 24:00:00.000001",
                                      "2020-01-02 24:00:01",
                                      "2020-01-02 23:59:60",
                                      "2020-01-02 23:59:60.1",
                                      "2020-01-02 12:30:60.5",
                                      "2020-01-02 12:60:00",
                                      "2020-01-02 12:30:61",
                                      "2020-01-02 25:00:00",
                                      "2020-01-02 99:99:99",
                                      "2020-13-02 25:00:00",
                                      "2020-01-02 03:04:05.",
                                      "2020-01-02 03:04:05.1",
                                      "2020-01-02 03:04:05.1.2",
                                      "2020-01-02 03:04:05.9999999",
                                      "2020-01-02 03:04:05.0000005",
                                      "2020-01-02 03:04:05.0000015",
                                      "2020-01-02 03:04:05.0000025",
                                      "2020-01-02 23:59:59.9999995",
                                      "2020-01-02 03:04:05.123456789012345",
                                      "2020-01-02 03:04:05.1234567890123456",
                                      "2020-01-02 03:04:05,5",
                                      "2020-01-02 03:04:05Z",
                                      "2020-01-02 03:04:05 Z",
                                      "2020-01-02 03:04:05z",
                                      "2020-01-02 03:04:05 UTC",
                                      "2020-01-02 03:04:05 PST",
                                      "2020-01-02 03:04:05 America/New_York",
                                      "2020-01-02 03:04:05+05",
                                      "2020-01-02 03:04:05 +05:30",
                                      "2020-01-02 03:04:05+0530",
                                      "2020-01-02 03:04:05-05:30",
                                      "2020-01-02 03:04:05+5",
                                      "2020-01-02 03:04:05+530",
                                      "2020-01-02 03:04:05+15:59",
                                      "2020-01-02 03:04:05+16:00",
                                      "2020-01-02 03:04:05+05:60",
                                      "2020-01-02 03:04:05+05:30:15",
                                      "2020-01-02 03:04:05 + 05",
                                      "2020-01-02 03:04:05+05 ",
                                      "2020-01-02 03:04:05++05",
                                      "2020-01-02 03:04:05+05-",
                                      "2020-01-02 03:04:05+-5",
                                      "2020-01-02 03:04:05 PM",
                                      "2020-01-02 13:04:05 AM",
                                      "2020-01-02 +05",
                                      "2020-01-02Z",
                                      "2020-01-02 Z",
                                      "0001-01-01 00:00:00+15:59",
                                      "2020-01-02 03:04:05 BC",
                                      "2020-01-02 03:04:05é",
                                      "2020-01-02 03:04:05\n",
                                      "2020-01-02 030405",
                                      "2020-01-02 03:04:05.123456 +05:30",
                                      "2020-02-30 03:04:05 PST",
                                      "03:04:05",
                                      "03:04",
                                      "3:04:05",
                                      "030405",
                                      "24:00:00",
                                      "24:00:00.0000001",
                                      "24:00:00.0000005",
                                      "24:00:01",
                                      "23:59:60",
                                      "23:59:60.000001",
                                      "23:59:59.9999999",
                                      "12:30:60",
                                      "12:30:61",
                                      "12:60:00",
                                      "25:00:00",
                                      "03:04:05.123456",
                                      "03:04:05.",
                                      "03:04:05.0000005",
                                      "03:04:05 PM",
                                      "03:04:05+05",
                                      "03:04:05Z",
                                      "allballs",
                                      " 03:04:05",
                                      "03:04:05 ",
                                      "T03:04:05",
                                      "2451545",
                                      "J2451545"};
  const std::vector<std::string> others{"",
                                        " ",
                                        "t",
                                        "T",
                                        "tr",
                                        "true",
                                        "truex",
                                        "TRUE ",
                                        " true",
                                        "f",
                                        "fals",
                                        "false",
                                        "y",
                                        "ye",
                                        "yes",
                                        "n",
                                        "no",
                                        "o",
                                        "on",
                                        "of",
                                        "off",
                                        "offf",
                                        "ON",
                                        "1",
                                        "0",
                                        "01",
                                        "10",
                                        "1.0",
                                        "2",
                                        "-1",
                                        "é",
                                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                        "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
                                        "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
                                        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
                                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
                                        "{}",
                                        "{",
                                        "}",
                                        "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a1",
                                        "a0eebc9-99c0b-4ef8-bb6d-6bb9bd380a11",
                                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
                                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
                                        " a0eebc999c0b4ef8bb6d6bb9bd380a11",
                                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ",
                                        "-a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
                                        "\\x",
                                        "0x",
                                        "\\x0",
                                        "0x00",
                                        "\\xDEADbeef",
                                        "DEADbeef",
                                        "deadbee",
                                        "de ad",
                                        "dead\n",
                                        "0Xde",
                                        "\\Xde",
                                        "\\\\x00",
                                        "x00",
                                        "0x0x00",
                                        "\\x\\x00",
                                        "zz",
                                        "0g",
                                        "00112233445566778899aabbccddeeff0",
                                        "0011223344556677@@",
                                        "``aa",
                                        "00112233445566/7",
                                        "0011223344556G77"};
  if (type.starts_with("int") || type.starts_with("float") || type == "numeric") return numbers;
  if (type.starts_with("time") || type == "date") return days;
  return others;
}

}  // namespace peo::test
