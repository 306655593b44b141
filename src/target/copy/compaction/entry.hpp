// What Compaction stores: a row with its key, as one run of bytes.
//
// key size (4 bytes), row size (4), line (8), key, row; in the machine's own byte order, since it never
// leaves this process: memory and an unnamed file only. Two rows have the same key when the keys' bytes are
// equal, and keys are ordered by their bytes. Pure.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace peo::target::compaction {

struct Entry {
  std::string_view key;
  std::string_view row;
  std::uint64_t line = 0;  // of the file, for errors

  static constexpr std::size_t head_size = 16;
  std::size_t size() const { return head_size + key.size() + row.size(); }

  void write(char* at) const {
    const auto key_size = static_cast<std::uint32_t>(key.size());
    const auto row_size = static_cast<std::uint32_t>(row.size());
    std::memcpy(at, &key_size, sizeof key_size);
    std::memcpy(at + 4, &row_size, sizeof row_size);
    std::memcpy(at + 8, &line, sizeof line);
    std::copy(key.begin(), key.end(), at + head_size);
    std::copy(row.begin(), row.end(), at + head_size + key.size());
  }

  // At least the head must be readable; key and row only when all of size() is.
  static Entry read(const char* at) {
    std::uint32_t key_size = 0;
    std::uint32_t row_size = 0;
    Entry entry;
    std::memcpy(&key_size, at, sizeof key_size);
    std::memcpy(&row_size, at + 4, sizeof row_size);
    std::memcpy(&entry.line, at + 8, sizeof entry.line);
    entry.key = {at + head_size, key_size};
    entry.row = {at + head_size + key_size, row_size};
    return entry;
  }
};

// The key's first eight bytes as a number that compares as the key does: most comparisons need no more.
inline std::uint64_t prefix_of(std::string_view key) {
  std::uint64_t prefix = 0;
  const auto bytes = std::min<std::size_t>(key.size(), sizeof prefix);
  for (std::size_t i = 0; i < bytes; ++i)
    prefix |= std::uint64_t{static_cast<unsigned char>(key[i])} << (8 * (7 - i));
  return prefix;
}

}  // namespace peo::target::compaction
