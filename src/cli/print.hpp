// The result of a command goes to standard output, all of it or with an error: a script that sees exit code 0
// has the whole answer.
#pragma once
#include <string>

namespace peo::cli {

// Writes and flushes. What the system refuses (a full disk) is an Error with exit code 74; a reader that
// closes the pipe early (`… | head`) is none.
void print(const std::string& text);

}  // namespace peo::cli
