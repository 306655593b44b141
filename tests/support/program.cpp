#include "support/program.hpp"

namespace peo::test {

std::string program() { return PEO_BINARY; }

std::filesystem::path source_dir() { return PEO_SOURCE; }

}  // namespace peo::test
