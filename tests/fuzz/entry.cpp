// libFuzzer's entry to one target; PEO_FUZZ_TARGET is its function.
#include <cstdint>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  peo::fuzz::PEO_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
