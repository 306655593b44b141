#include "fuzz/targets.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace peo::fuzz {

std::span<const Target> targets() {
  static constexpr std::array all{Target{"csv", csv},           Target{"transactions", transactions},
                                  Target{"gzip", gzip},         Target{"settings", settings},
                                  Target{"listing", listing},   Target{"object_name", object_name},
                                  Target{"encoders", encoders}, Target{"nats", nats},
                                  Target{"events", events}};
  return all;
}

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what.c_str());
  std::abort();
}

}  // namespace peo::fuzz
