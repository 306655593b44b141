// Where the loader's program is that this build made.
#pragma once
#include <string>

namespace peo::test {

std::string program();

}  // namespace peo::test
