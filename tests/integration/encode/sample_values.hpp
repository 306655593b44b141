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
      return R"({"a": [1, 2.50, null], "b" :")" + hex(below(9)) + R"("})";
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

}  // namespace peo::test
