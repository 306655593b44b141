#include "embedded/shell.hpp"

#include <algorithm>
#include <cctype>

namespace peo::embedded {

namespace {

bool is_plain(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [others](unsigned char c) {
    return std::isalnum(c) != 0 || others.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (is_plain(text, "_./-+,:@%")) return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

std::string conninfo_value(std::string_view text) {
  if (is_plain(text, "_./-+,:@%")) return std::string(text);
  std::string value = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') value += '\\';
    value += c;
  }
  return value + "'";
}

}  // namespace peo::embedded
