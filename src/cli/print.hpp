// Prints the result of a command on standard output, completely or with an error: a script that sees exit
// code 0 has the whole answer.
#pragma once
#include <string>

namespace peo::cli {

// Writes, printable(), and flushes. A failure (a full disk) is an Error with exit code 74; a reader that
// closes the pipe early (`… | head`) is not.
void print(const std::string& result);

}  // namespace peo::cli
