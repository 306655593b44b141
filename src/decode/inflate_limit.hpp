// Between decompress and parse: refuses objects with an excessive decompression ratio (gzip bombs).
//
// Memory is bounded anyway; a bomb would cost time. The ratio is checked from 64 MiB of output on, because a
// small file of identical rows may have a ratio of a thousand. BadDelivery.
#pragma once
#include <cstdint>

#include "base/byte_stream.hpp"

namespace peo::decode {

class InflateLimit : public ByteStream {
 public:
  // `ratio`: output to input, in bytes; 0: no limit. `decoded` must outlive this.
  InflateLimit(DecodedStream& decoded, std::uint64_t ratio) : decoded_(decoded), ratio_(ratio) {}

  std::size_t read(std::span<char> buffer) override;

 private:
  DecodedStream& decoded_;
  std::uint64_t ratio_;
  std::uint64_t bytes_out_ = 0;
};

}  // namespace peo::decode
