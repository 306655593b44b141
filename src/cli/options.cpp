#include "cli/options.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/error.hpp"

namespace peo::cli {

CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<std::uint64_t>& number,
                        const std::string& description) {
  const auto read = [&number, name](const std::string& text) {
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, number.emplace());
    if (failed != std::errc{} || stop != end)
      throw CLI::ValidationError(fmt::format("{} must be an integer, not {}", name, shown_argument(text)));
  };
  return app.add_option_function<std::string>(name, read, description)->type_name("N");
}

std::string shown_argument(std::string_view argument) {
  const auto equals = argument.find('=');
  const auto name = argument.substr(0, equals);
  if (name.find_first_of("@:") != std::string_view::npos) return "<not shown: it may contain a secret>";
  return fmt::format("\"{}{}\"", shortened(name, 40), equals == std::string_view::npos ? "" : "=…");
}

}  // namespace peo::cli
