// Between decompress and parse: an object that grows beyond all measure is refused.
//
// Memory is bounded without it; a bomb costs time. The ratio is checked from 64 MiB on: a small file of equal
// rows may well shrink to a thousandth. BadDelivery.
#pragma once
#include <cstdint>

#include "base/byte_stream.hpp"

namespace peo::decode {

class InflateLimit : public ByteStream {
 public:
  // `ratio`: output to input, in bytes; 0: unlimited. `decoded` must outlive this.
  InflateLimit(DecodedStream& decoded, std::uint64_t ratio) : decoded_(decoded), ratio_(ratio) {}

  std::size_t read(std::span<char> buffer) override;

 private:
  DecodedStream& decoded_;
  std::uint64_t ratio_;
  std::uint64_t bytes_out_ = 0;
};

}  // namespace peo::decode
