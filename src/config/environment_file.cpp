#include "config/environment_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace peo::config {
namespace {

constexpr std::size_t longest_file = std::size_t{1024} * 1024;

bool is_name(std::string_view name) {
  const auto is_part = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && (name[0] < '0' || name[0] > '9') && std::ranges::all_of(name, is_part);
}

std::string_view without_quotes(std::string_view value) {
  const bool quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

Environment read_environment_file(const std::filesystem::path& path) {
  const auto name = shortened(path.string());
  const auto refuse = [&](const std::string& what,
                          const char* hint =
                              "Write one NAME=value per line; --config-sample prints an example.") {
    throw Error::configuration(fmt::format("{}: {}", name, what), hint);
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(longest_file + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof()) {
    if (file.gcount() > 0) refuse("the file is longer than 1 MiB");
    const int reason = errno == 0 ? EIO : errno;
    refuse("the file can't be read: " + std::generic_category().message(reason),
           reason == ENOENT || reason == ENOTDIR
               ? "Correct the path after --env-file, which is relative to the working directory."
               : "Let this user read the file, or run the command as a user who may read it.");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.find('\0') != std::string::npos) refuse("the file contains a NUL byte");
  Environment variables;
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    const auto equals = line.find('=');
    const auto variable = trimmed(line.substr(0, std::min(equals, line.size())));
    if (equals == std::string_view::npos || !is_name(variable))
      refuse(fmt::format("line {} is not NAME=value", number));
    if (line.back() == '\\')
      refuse(fmt::format("line {} continues on the next line; a value must be on one line", number));
    // The last of several lines with one name wins, as for containers and systemd.
    variables.insert_or_assign(std::string(variable),
                               std::string(without_quotes(trimmed(line.substr(equals + 1)))));
  }
  return variables;
}

}  // namespace peo::config
