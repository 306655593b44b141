// Finding names that were probably meant to be one of ours. The environment is shared with other programs, so
// an unknown name is never an error; a likely slip is worth a warning.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace peo::config {

// How many letters must be added, taken, replaced or swapped with their neighbour to get from one to the
// other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known name that `name` is probably a slip of; nothing when it is a known name or like none.
std::optional<std::string> probably_meant(std::string_view name, std::span<const std::string> known);

}  // namespace peo::config
