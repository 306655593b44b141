// A random number generator (splitmix64). The same seed gives the same sample on every machine, whereas the
// distributions of the standard library may differ between implementations.
#pragma once
#include <cstdint>

namespace peo::sample {

inline std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

class Random {
 public:
  // `stream`: an independent sequence of the same seed.
  Random(std::uint64_t seed, std::uint64_t stream)
      : state_(mixed(seed + 0x632be59bd9b4e019U) ^ mixed(stream + 0x9e3779b97f4a7c15U)) {}

  std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15U); }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }  // limit > 0
  std::uint64_t between(std::uint64_t first, std::uint64_t last) { return first + below(last - first + 1); }
  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }

 private:
  std::uint64_t state_;
};

}  // namespace peo::sample
