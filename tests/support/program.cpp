#include "support/program.hpp"

namespace peo::test {

std::string program() { return PEO_BINARY; }

}  // namespace peo::test
