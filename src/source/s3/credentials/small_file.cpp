#include "source/s3/credentials/small_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/error.hpp"

namespace peo::source::s3 {

std::optional<std::string> read_small_file(const std::string& path, std::size_t limit) {
  std::ifstream file(path, std::ios::binary);
  std::string text(limit, '\0');
  file.read(text.data(), static_cast<std::streamsize>(limit));
  if (!file.is_open() || file.bad() || (file.fail() && !file.eof())) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string read_token(const std::string& path, const std::string& variable) {
  constexpr std::size_t longest_token = 64UL * 1024;
  auto token = read_small_file(path, longest_token);
  const auto where = fmt::format("the token file {} ({})", shortened(path, 200), variable);
  if (!token) throw Error::configuration(where + " can't be read", "Check its path and its permissions.");
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!token->empty() && is_blank(token->back())) token->pop_back();
  token->erase(token->begin(), std::find_if_not(token->begin(), token->end(), is_blank));
  if (token->empty()) throw Error::retry(where + " is empty", "Check whether it is being replaced.");
  if (!std::all_of(token->begin(), token->end(), [](char c) { return c >= ' ' && c < 0x7f; })) {
    throw Error::configuration(where + " contains a line break or a character that is not ASCII",
                               "Check that it is the right file.");
  }
  return *token;
}

}  // namespace peo::source::s3
