// Finds what a misspelt name probably meant, for hints. Pure functions.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peo {

// The number of insertions, deletions, substitutions and transpositions between the two.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known name that is most similar to the word, ignoring case (ASCII); nothing if none is similar.
std::optional<std::string> similar_name(std::string_view word, const std::vector<std::string>& known);

}  // namespace peo
