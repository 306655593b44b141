#include "target/copy/encode/copy_buffer.hpp"

#include <algorithm>

namespace peo::target::encode {

CopyBuffer::CopyBuffer(std::size_t capacity)
    : begin_(std::make_unique_for_overwrite<char[]>(capacity)), at_(begin_.get()), end_(at_ + capacity) {}

void CopyBuffer::grow(std::size_t n) {
  const std::size_t used = size();
  // At least doubled, so that copying costs a constant per byte.
  const std::size_t capacity = std::max(used + n, 2 * static_cast<std::size_t>(end_ - begin_.get()));
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(larger.get(), begin_.get(), used);
  begin_ = std::move(larger);
  at_ = begin_.get() + used;
  end_ = begin_.get() + capacity;
}

void write_header(CopyBuffer& out) {
  // Signature, flags (none), length of the header's extension (none).
  constexpr std::string_view header("PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19);
  out.commit(store_bytes(out.reserve(header.size()), header));
}

void write_trailer(CopyBuffer& out) { begin_row(out, 0xFFFF); }

}  // namespace peo::target::encode
