// Step 3, decompress: a gzip stream (one member or many) or plain bytes → plain bytes.
//
// Which of the two is told by the first two bytes (RFC 1952: 1f 8b), never by the name. Zero padding after
// the last member is accepted; a member that is cut, fails its checksum, or is followed by anything else is
// BadDelivery, so an object is read whole or not at all. Memory: one input buffer of 64 KiB and zlib's
// window.
#pragma once
#include <cstdint>
#include <memory>

#include "base/byte_stream.hpp"

namespace peo::decode {

class Decompressor : public ByteStream {
 public:
  // `compressed` must outlive this.
  explicit Decompressor(ByteStream& compressed);
  ~Decompressor() override;

  std::size_t read(std::span<char> buffer) override;
  std::uint64_t bytes_in() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::decode
