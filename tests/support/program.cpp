#include "support/program.hpp"

#include <cstdlib>

namespace peo::test {

std::string program() {
  const char* const other = std::getenv("PEO_PROGRAM");
  return other != nullptr ? other : PEO_BINARY;
}

std::filesystem::path source_dir() { return PEO_SOURCE; }

}  // namespace peo::test
