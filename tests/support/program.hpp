// Where the loader's program is that this build made, and the sources that it was made from.
#pragma once
#include <filesystem>
#include <string>

namespace peo::test {

std::string program();  // or the one that PEO_PROGRAM names: another build's, with other sanitizers
std::filesystem::path source_dir();  // not by __FILE__: a compiler cache may keep that of another directory

}  // namespace peo::test
