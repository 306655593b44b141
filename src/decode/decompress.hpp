// Step 3, decompress: a gzip stream (one member or many) or plain bytes → plain bytes.
//
// Which of the two is told by the first two bytes (RFC 1952: 1f 8b), never by the name. Zero padding after
// the last member is accepted; a member that is cut, fails its checksum, or is followed by anything else is
// BadDelivery, so an object is read whole or not at all. Inflating is isa-l's work: it takes about a third of
// zlib's time, which was the largest part of the loader's own. Memory: one input buffer of 64 KiB and isa-l's
// state (about 150 KiB).
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
