// Reads small files (tokens, profiles) into memory.
#pragma once
#include <optional>
#include <string>

namespace peo::source::s3 {

// None when it can't be read; at most `limit` bytes of it.
std::optional<std::string> read_small_file(const std::string& path, std::size_t limit);

// Reads a token and trims whitespace. Throws when the file can't be read, is empty, or contains characters
// that no HTTP header can have. `variable`: the setting with the file's name.
std::string read_token(const std::string& path, const std::string& variable);

}  // namespace peo::source::s3
