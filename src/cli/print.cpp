#include "cli/print.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/error.hpp"

namespace peo::cli {

void print(const std::string& result) {
  const auto text = printable(result);  // JSON too: there these escapes mean what they stand for
  errno = 0;
  // Flushed here: at the process's end nobody would notice that the disk is full.
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  const int reason = errno;
  // The reader of the pipe has all it wanted.
  if (reason == EPIPE) return;
  throw Error::local_io(
      fmt::format("can't write to standard output: {}", std::generic_category().message(reason)),
      "The output is not complete.");
}

}  // namespace peo::cli
