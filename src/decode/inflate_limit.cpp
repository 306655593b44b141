#include "decode/inflate_limit.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace peo::decode {

std::size_t InflateLimit::read(std::span<char> buffer) {
  constexpr std::uint64_t checked_from = std::uint64_t{64} * 1024 * 1024;
  const auto got = decoded_.read(buffer);
  bytes_out_ += got;
  const auto bytes_in = decoded_.bytes_in();
  if (ratio_ != 0 && bytes_out_ > checked_from && bytes_out_ / ratio_ > bytes_in) {
    throw Error::bad_file(
        fmt::format("{} bytes of the object decompressed to {} bytes, a ratio of more than {}", bytes_in,
                    bytes_out_, ratio_),
        "Check the object; if it is correct, raise MAX_INFLATE_RATIO. Nothing from it was loaded.")
        .at(Step::Decompress);
  }
  return got;
}

}  // namespace peo::decode
