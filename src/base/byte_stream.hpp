// A stream of bytes that is pulled: what fetch hands to decompress, and decompress to parse.
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

// What a file says, of an object's bytes: what decompress hands to parse.
class DecodedStream : public ByteStream {
 public:
  virtual std::uint64_t bytes_in() const = 0;  // of the object, that were needed so far
  // Of the columns that the header names, as PostgreSQL's catalogue writes types; known when the header has
  // been read. An empty one, or none at all: the file doesn't say.
  virtual std::vector<std::string> column_types() const { return {}; }
};

}  // namespace peo
