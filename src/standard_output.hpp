// What a verb tells goes to standard output, all of it or with an error: a script that sees exit code 0 has
// the whole answer.
#pragma once
#include <string>

namespace peo {

// Written and flushed. What the system refuses (a full disk) is an Error with exit code 74. Who reads only
// the beginning (`… | head`) has what they wanted.
void say(const std::string& text);

}  // namespace peo
