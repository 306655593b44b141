// Searches bytes in blocks of 64, with a portable fallback for machines without SSE2. One thread.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace peo::decode {

// The number of bytes after the end of the data that must be readable.
constexpr std::size_t scan_padding = 64;

// Finds the next of up to four bytes.
class ByteScan {
 public:
  explicit ByteScan(std::string_view bytes) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) wanted_[i] = bytes[i < bytes.size() ? i : 0];
  }

  // Call after the bytes have moved or new ones have arrived.
  void reset(const char* data) {
    data_ = data;
    block_ = nowhere;
  }

  // The first position from `at` on; `end` when there is none before it.
  std::size_t next(std::size_t at, std::size_t end) {
    if (at - block_ < 64) {
      if (const auto rest = mask_ >> (at - block_); rest != 0)
        return at + static_cast<std::size_t>(std::countr_zero(rest));
      at = block_ + 64;
    }
    for (; at < end; at += 64) {
      const auto mask = look(data_ + at);
      if (mask == 0) continue;
      block_ = at;
      mask_ = mask;
      return at + static_cast<std::size_t>(std::countr_zero(mask));
    }
    return end;
  }

 private:
  static constexpr std::size_t nowhere = ~std::size_t{0} / 2;

#ifdef __SSE2__
  std::uint64_t look(const char* at) const {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const auto part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + std::size_t{16} * i));
      const auto found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(part, _mm_set1_epi8(wanted_[0])),
                                                   _mm_cmpeq_epi8(part, _mm_set1_epi8(wanted_[1]))),
                                      _mm_or_si128(_mm_cmpeq_epi8(part, _mm_set1_epi8(wanted_[2])),
                                                   _mm_cmpeq_epi8(part, _mm_set1_epi8(wanted_[3]))));
      mask |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(found))} << (16 * i);
    }
    return mask;
  }
#else
  std::uint64_t look(const char* at) const {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < 64; ++i) {
      const char c = at[i];
      const bool found = c == wanted_[0] || c == wanted_[1] || c == wanted_[2] || c == wanted_[3];
      mask |= std::uint64_t{found} << i;
    }
    return mask;
  }
#endif

  std::array<char, 4> wanted_{};
  const char* data_ = nullptr;
  std::size_t block_ = nowhere;
  std::uint64_t mask_ = 0;
};

// Whether all bytes are ASCII and none is NUL. Reads up to 15 bytes beyond the end.
inline bool plain_ascii(const char* at, std::size_t size) {
#ifdef __SSE2__
  auto zero = _mm_setzero_si128();
  auto high = _mm_setzero_si128();
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16) {
    const auto part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    high = _mm_or_si128(high, part);
    zero = _mm_or_si128(zero, _mm_cmpeq_epi8(part, _mm_setzero_si128()));
  }
  auto bad = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(high, zero)));
  if (i < size) {
    const auto part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    const auto last = static_cast<std::uint32_t>(
        _mm_movemask_epi8(_mm_or_si128(part, _mm_cmpeq_epi8(part, _mm_setzero_si128()))));
    bad |= last & ((1U << (size - i)) - 1);
  }
  return bad == 0;
#else
  for (std::size_t i = 0; i < size; ++i) {
    if (at[i] <= 0) return false;
  }
  return true;
#endif
}

// The position of the first byte that is invalid in PostgreSQL's text: NUL, or invalid UTF-8 (RFC 3629: no
// overlong forms, no surrogates, nothing above U+10FFFF). The size when there is none.
std::size_t first_bad_byte(std::string_view text);

}  // namespace peo::decode
