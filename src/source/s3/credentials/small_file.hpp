// A file that is read whole: a token, a profile.
#pragma once
#include <optional>
#include <string>

namespace peo::source::s3 {

// None when it can't be read; at most `limit` bytes of it.
std::optional<std::string> read_small_file(const std::string& path, std::size_t limit);

// A token out of its file, without blanks and line breaks at its ends. Throws when it can't be read, is
// empty, or is nothing that a header can carry. `variable`: what names the file.
std::string read_token(const std::string& path, const std::string& variable);

}  // namespace peo::source::s3
