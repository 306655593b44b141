// Detects probable typos of known names. The environment is shared with other programs, so an unknown name is
// never an error, but a probable typo is worth a warning.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace peo::config {

// The known name that `name` is probably a typo of; nothing if it is known or similar to none.
std::optional<std::string> probably_meant(std::string_view name, std::span<const std::string> known);

}  // namespace peo::config
