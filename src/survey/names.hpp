// Names of tables and columns are compared without regard to case, as the loader compares them. Pure
// functions.
#pragma once
#include <string_view>

#include "base/lower_case.hpp"

namespace peo::survey {

inline bool same_name(std::string_view a, std::string_view b) { return lower_case(a) == lower_case(b); }

// PostgreSQL cuts names at 63 bytes, and not inside a character.
inline std::string as_in_catalogue(std::string name) {
  std::size_t most = 63;
  if (name.size() <= most) return name;
  while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xC0U) == 0x80U) --most;
  name.resize(most);
  return name;
}

}  // namespace peo::survey
