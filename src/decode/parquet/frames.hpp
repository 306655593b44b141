// The protocol from the reader process (serve.hpp) to the loader (reader.hpp): frames with a kind, a length
// and a payload. Both are the same program on one machine.
#pragma once
#include <cstdint>

namespace peo::parquet {

enum class FrameKind : std::uint32_t {
  Ready,          // first: the library's version
  Begin,          // the start of a file, with its number of rows and the types of its columns, one per line
  Text,           // rows as CSV
  Done,           // the end of the file
  BadFile,        // instead: why the file can't be read
  Unsupported,    // instead: why the file, which may be valid, can't be loaded
  OutOfMemory,    // instead: why it can't be read, if more memory may help
  Configuration,  // the library can't be used
};

struct Frame {
  FrameKind kind{};
  std::uint32_t length = 0;
  std::uint64_t rows = 0;  // in the frame; for Begin: in the file
};

// The command that starts the process, and its file descriptors.
inline constexpr const char* serve_command = "read-parquet";
inline constexpr int request_fd = 0;   // one byte per file
inline constexpr int response_fd = 1;  // frames
inline constexpr int file_fd = 3;      // the file, rewritten for each request

}  // namespace peo::parquet
