// Loads and stores without regard to alignment, and arithmetic on eight characters at once: a word holds
// eight characters ("lanes"), the first one in the lowest byte. Portable C++; little-endian machines only.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace peo::target::encode {

static_assert(std::endian::native == std::endian::little);

inline std::uint64_t load8(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}
inline std::uint32_t load4(const char* at) {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline std::uint8_t big_endian(std::uint8_t value) { return value; }
inline std::uint16_t big_endian(std::uint16_t value) { return __builtin_bswap16(value); }
inline std::uint32_t big_endian(std::uint32_t value) { return __builtin_bswap32(value); }
inline std::uint64_t big_endian(std::uint64_t value) { return __builtin_bswap64(value); }

// Most significant byte first; returns the end.
template <class Unsigned>
char* store_big(char* at, Unsigned value) {
  const auto bytes = big_endian(value);
  std::memcpy(at, &bytes, sizeof bytes);
  return at + sizeof bytes;
}

// A call of memcpy costs more than most fields are long: short ones are two overlapping words.
inline char* store_bytes(char* at, std::string_view value) {
  const std::size_t n = value.size();
  const char* from = value.data();
  if (n > 16) {
    std::memcpy(at, from, n);
  } else if (n >= 8) {
    const auto first = load8(from);
    const auto last = load8(from + n - 8);
    std::memcpy(at, &first, 8);
    std::memcpy(at + n - 8, &last, 8);
  } else if (n >= 4) {
    const auto first = load4(from);
    const auto last = load4(from + n - 4);
    std::memcpy(at, &first, 4);
    std::memcpy(at + n - 4, &last, 4);
  } else {
    for (std::size_t i = 0; i < n; ++i) at[i] = from[i];
  }
  return at + n;
}

constexpr std::uint64_t every_lane(unsigned char byte) { return 0x0101010101010101U * byte; }

// Of a word of digits xor '0': whether some lane isn't 0…9. A lane above 0x7F is caught by itself, so what
// its sum carries into the next lane doesn't matter.
inline std::uint64_t not_digits(std::uint64_t lanes) {
  return ((lanes + every_lane(0x7F - 9)) | lanes) & every_lane(0x80);
}
inline std::uint32_t not_digits(std::uint32_t lanes) { return ((lanes + 0x76767676U) | lanes) & 0x80808080U; }

// In lane k: the number that the digits k and k+1 make.
inline std::uint64_t pairs(std::uint64_t digits) { return digits * 10 + (digits >> 8U); }

// Of eight digits (already without '0').
inline std::uint32_t number_of_8(std::uint64_t digits) {
  const std::uint64_t two = pairs(digits);
  const std::uint64_t mask = 0x000000FF000000FF;
  return static_cast<std::uint32_t>(
      ((two & mask) * 0x000F424000000064 + ((two >> 16U) & mask) * 0x0000271000000001) >> 32U);
}

// The number that at most eight characters make; false if one isn't a digit. Reads nothing outside of them.
inline bool read_digits_8(const char* at, std::size_t n, std::uint32_t& number) {
  std::uint64_t word = 0;  // right-aligned, '0' in front; overlapping parts put the same bits in place
  const auto lane = [](char c, std::size_t k) {
    return std::uint64_t{static_cast<unsigned char>(c)} << (8 * k);
  };
  if (n == 8) {
    word = load8(at);
  } else if (n >= 4) {
    word = every_lane('0') >> (8 * n) | std::uint64_t{load4(at)} << (64 - 8 * n) |
           std::uint64_t{load4(at + n - 4)} << 32U;
  } else if (n != 0) {
    word =
        every_lane('0') >> (8 * n) | lane(at[0], 8 - n) | lane(at[n / 2], 8 - n + n / 2) | lane(at[n - 1], 7);
  } else {
    number = 0;
    return true;
  }
  word ^= every_lane('0');
  number = number_of_8(word);
  return not_digits(word) == 0;
}

// The same for 1…18 characters.
inline bool read_digits_18(const char* at, std::size_t n, std::uint64_t& number) {
  constexpr std::uint32_t hundred_million = 100'000'000;
  std::uint32_t low = 0;
  if (n <= 8) {
    const bool good = read_digits_8(at, n, low);
    number = low;
    return good;
  }
  std::uint32_t middle = 0;
  std::uint32_t high = 0;
  bool good = read_digits_8(at + n - 8, 8, low);
  if (n > 16) {
    good = read_digits_8(at, n - 16, high) && good;
    good = read_digits_8(at + n - 16, 8, middle) && good;
  } else {
    good = read_digits_8(at, n - 8, middle) && good;
  }
  number = (std::uint64_t{high} * hundred_million + middle) * hundred_million + low;
  return good;
}

}  // namespace peo::target::encode
