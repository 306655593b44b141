// Step 3, decompress: a gzip stream (one member or many) or plain bytes → plain bytes.
//
// The first two bytes decide which of the two it is (RFC 1952: 1f 8b), never the name. Zero padding after the
// last member is accepted; a truncated member, a wrong checksum, or anything else after a member is
// BadDelivery, so an object is read completely or not at all. isa-l inflates about 3 times as fast as zlib,
// which used to dominate the loader's run time. Memory: one input buffer of 64 KiB and isa-l's state (about
// 150 KiB).
#pragma once
#include <cstdint>
#include <memory>

#include "base/byte_stream.hpp"

namespace peo::decode {

class Decompressor : public DecodedStream {
 public:
  // `compressed` must outlive this.
  explicit Decompressor(ByteStream& compressed);
  ~Decompressor() override;

  std::size_t read(std::span<char> buffer) override;
  std::uint64_t bytes_in() const override;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::decode
