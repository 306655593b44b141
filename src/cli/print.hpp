// Prints the result of a command on standard output, completely or with an error: exit code 0 means that the
// output is complete. Errors go to standard error.
#pragma once
#include <string>

#include "base/error.hpp"

namespace peo::cli {

// Writes, printable(), and flushes. A failure (a full disk) is an Error with exit code 74; a reader that
// closes the pipe early (`… | head`) is not.
void print(const std::string& result);

// Two lines: "error: what is wrong." and, if there is one, "hint: What to do."
void print_error(const Error& error);

}  // namespace peo::cli
