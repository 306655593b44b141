// Options that several commands have.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peo::cli {

inline CLI::Option* add_json(CLI::App& app, bool& json) {
  return app.add_flag("--json", json, "print one JSON object instead of text");
}

// An option that takes an integer. CLI11's own parser would read 010 as 8, and 2^64 as 2^64 - 1.
CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<std::uint64_t>& number,
                        const std::string& description);

// An argument for an error text. It may contain a connection string: only the part before a "=" is shown, and
// nothing of an address.
std::string shown_argument(std::string_view argument);

}  // namespace peo::cli
