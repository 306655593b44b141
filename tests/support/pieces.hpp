// A text as a stream that hands it out in pieces of at most so many bytes, as a slow peer would. The text
// must outlive it.
#pragma once
#include <algorithm>
#include <string_view>

#include "base/byte_stream.hpp"

namespace peo::test {

class Pieces final : public ByteStream {
 public:
  Pieces(std::string_view text, std::size_t piece) : text_(text), piece_(piece) {}
  std::size_t read(std::span<char> buffer) override {
    const auto size = std::min({buffer.size(), piece_, text_.size() - at_});
    std::copy_n(text_.data() + at_, size, buffer.data());
    at_ += size;
    return size;
  }

 private:
  std::string_view text_;
  std::size_t piece_, at_ = 0;
};

}  // namespace peo::test
