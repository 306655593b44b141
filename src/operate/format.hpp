// Formats numbers and times for display, and text in columns. Pure functions.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/object.hpp"

namespace peo::operate {

std::string bytes_text(std::uint64_t bytes);  // "3.4 MB"
std::string seconds_text(double seconds);     // "2 min", "3 h 20 min"
double seconds_between(Time from, Time to);
std::string time_text(Time time);  // "2022-09-22 09:58:53 UTC"
std::string iso_time(Time time);   // "2022-09-22T09:58:53.123Z", for JSON
std::string count_text(std::uint64_t number, const std::string& what);  // "1 file", "2 files"

// Rows of cells, the first the heading. Columns are as wide as their longest cell, two spaces apart.
std::string columns_text(const std::vector<std::vector<std::string>>& rows);

nlohmann::ordered_json row_counts_json(const RowCounts& effects);  // {"CREATE": 2, "AMEND": 1, "REMOVE": 0}
// A JSON document, indented; invalid UTF-8 in strings is replaced.
std::string json_text(const nlohmann::ordered_json& document);
// What a command prints with --json if it fails.
nlohmann::ordered_json error_json(const Error& error);

}  // namespace peo::operate
