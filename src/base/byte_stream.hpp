// A pull-based stream of bytes: the interface from fetch to decompress, and from decompress to parse.
// One reader at a time; errors are thrown as peo::Error.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace peo {

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  // Reads at least one byte and at most buffer.size() (which is never 0); 0 means the end.
  virtual std::size_t read(std::span<char> buffer) = 0;
};

// The decoded contents of an object, which decompress passes to parse.
class DecodedStream : public ByteStream {
 public:
  virtual std::uint64_t bytes_in() const = 0;  // bytes of the object that were consumed so far
  // The types of the columns in the header, in PostgreSQL's syntax; known after the header has been read. An
  // empty type, or none at all: the file doesn't specify them.
  virtual std::vector<std::string> column_types() const { return {}; }
};

}  // namespace peo
