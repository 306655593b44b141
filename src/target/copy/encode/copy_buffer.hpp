// A growing run of bytes in PostgreSQL's binary COPY format, and the frame around the fields.
//
// header, then for each row: begin_row, and each field by a ColumnEncoder, write_null or write_…; then
// trailer. `bytes` may be sent at any time, at any byte; `clear` then keeps the memory. A field is written by
// reserving an upper bound and committing what was used, so there is one check a field and no allocation once
// the buffer has its size. One thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "target/copy/encode/bytes.hpp"

namespace peo::target::encode {

class CopyBuffer {
 public:
  explicit CopyBuffer(std::size_t capacity = 256 * std::size_t{1024});

  // At least `n` bytes to write to; they count once committed. Pointers from before are void.
  char* reserve(std::size_t n) {
    if (static_cast<std::size_t>(end_ - at_) < n) [[unlikely]] {
      grow(n);
    }
    return at_;
  }
  void commit(const char* end) { at_ = begin_.get() + (end - begin_.get()); }

  std::string_view bytes() const { return {begin_.get(), size()}; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_.get()); }
  void clear() { at_ = begin_.get(); }
  // Drops what was written after `size` (a row that can't be completed).
  void rewind(std::size_t size) { at_ = begin_.get() + size; }

 private:
  void grow(std::size_t n);

  std::unique_ptr<char[]> begin_;
  char* at_;
  char* end_;
};

void write_header(CopyBuffer& out);
void write_trailer(CopyBuffer& out);

inline void begin_row(CopyBuffer& out, std::uint16_t fields) {
  out.commit(store_big(out.reserve(sizeof fields), fields));
}
inline void write_null(CopyBuffer& out) {
  out.commit(store_big(out.reserve(sizeof(std::uint32_t)), std::uint32_t{0xFFFFFFFF}));
}
// One field of a fixed size: its length, then its bytes, most significant first.
template <class Unsigned>
void write_fixed(CopyBuffer& out, Unsigned bits) {
  char* at = out.reserve(sizeof(std::uint32_t) + sizeof bits);
  at = store_big(at, static_cast<std::uint32_t>(sizeof bits));
  out.commit(store_big(at, bits));
}
inline void write_int2(CopyBuffer& out, std::int16_t value) {
  write_fixed(out, static_cast<std::uint16_t>(value));
}
inline void write_int4(CopyBuffer& out, std::int32_t value) {
  write_fixed(out, static_cast<std::uint32_t>(value));
}
inline void write_int8(CopyBuffer& out, std::int64_t value) {
  write_fixed(out, static_cast<std::uint64_t>(value));
}
// Of any type whose binary form is its text.
inline void write_text(CopyBuffer& out, std::string_view value) {
  char* at = out.reserve(sizeof(std::uint32_t) + value.size());
  at = store_big(at, static_cast<std::uint32_t>(value.size()));
  out.commit(store_bytes(at, value));
}

}  // namespace peo::target::encode
