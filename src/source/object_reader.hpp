// Step 2, fetch: an object → all its bytes. After a broken connection the download resumes at the same byte
// with a range request, as long as the object still has the ETag it was listed with. Also computes the
// SHA-256 of the content. Errors: Retry when several consecutive attempts yield nothing. One thread.
#pragma once
#include <memory>
#include <string>

#include "base/byte_stream.hpp"
#include "base/cancellation.hpp"
#include "base/object.hpp"
#include "source/source.hpp"

namespace peo::source {

class ObjectReader : public ByteStream {
 public:
  // `source` and `stop` must outlive this.
  ObjectReader(Source& source, ObjectInfo object, const Cancellation& stop);
  ~ObjectReader() override;

  std::size_t read(std::span<char> buffer) override;

  std::uint64_t bytes() const { return offset_; }
  double seconds() const { return seconds_; }  // spent waiting for the source
  std::uint64_t resumed() const { return resumed_; }
  std::string sha256() const;  // hexadecimal, of everything read; call it at the end

 private:
  std::size_t read_once(std::span<char> buffer);

  struct Digest;
  Source& source_;
  ObjectInfo object_;
  const Cancellation& stop_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Digest> digest_;
  std::uint64_t offset_ = 0;
  std::uint64_t resumed_ = 0;
  double seconds_ = 0;
};

}  // namespace peo::source
