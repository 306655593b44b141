// What the reading process (serve.hpp) sends to the loader (reader.hpp): frames, each a kind, the length of
// what follows, and that. Both are the same program on one machine.
#pragma once
#include <cstdint>

namespace peo::parquet {

enum class FrameKind : std::uint32_t {
  Ready,          // first: the library's version
  Begin,          // of a file, with the number of its rows and the types of its columns, a line each
  Text,           // rows as CSV
  Done,           // the file's end
  BadFile,        // instead: why the file can't be read
  Unsupported,    // instead: what of a file that may be right can't be loaded
  OutOfMemory,    // instead: why it can't be read, when more memory may help
  Configuration,  // the library can't be used
};

struct Frame {
  FrameKind kind{};
  std::uint32_t length = 0;
  std::uint64_t rows = 0;  // that are sent with it; of Begin: that the file has
};

// How the process is called, and its file descriptors.
inline constexpr const char* serve_command = "read-parquet";
inline constexpr int request_fd = 0;   // a byte for each file
inline constexpr int response_fd = 1;  // frames
inline constexpr int file_fd = 3;      // the file, anew for each request

}  // namespace peo::parquet
