#include "cli/print.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace peo::cli {

void print(const std::string& result) {
  const auto text = printable(result);  // JSON too: its escapes have the same meaning
  errno = 0;
  // Flushed here: at process exit, a full disk would go unnoticed.
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  const int reason = errno;
  // The reader has closed the pipe, as `head` does.
  if (reason == EPIPE) return;
  throw Error::local_io(
      fmt::format("can't write to standard output: {}", std::generic_category().message(reason)),
      "Free some disk space or redirect the output; it is incomplete.");
}

void print_error(const Error& error) {
  const auto& hint = error.hint();
  auto text = error.describe();  // ends with the hint
  if (!hint.empty()) text.resize(text.size() - hint.size() - 1);
  fmt::print(stderr, "error: {}\n", printable_line(text));
  if (!hint.empty()) fmt::print(stderr, "hint: {}\n", printable_line(hint));
}

}  // namespace peo::cli
