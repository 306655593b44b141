#include "base/names_text.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace peo {

std::string names_text(const std::vector<std::string>& names) {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
    text += (i == 0 ? "" : ", ") + shortened(names[i]);
  return text + (names.size() > most ? ", …" : "");
}

}  // namespace peo
