// Formats numbers with thousands separators: 1,494,975.
#pragma once
#include <cstdint>
#include <string>

namespace peo::survey {

inline std::string grouped(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

// "1 file", "1,234 files", "no files".
inline std::string counted(std::uint64_t number, const std::string& what) {
  return (number == 0 ? "no" : grouped(number)) + " " + what + (number == 1 ? "" : "s");
}

}  // namespace peo::survey
