#include "source/source_level.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "source/object_name.hpp"
#include "source/prefixes.hpp"

namespace peo::source {
namespace {

constexpr std::ptrdiff_t right_depth = 2;  // <schema>/<table>/

std::ptrdiff_t depth_of(std::string_view prefix) { return std::count(prefix.begin(), prefix.end(), '/'); }

// "data/dbo/orders/", 2 → "data/dbo/".
std::string_view first_parts(std::string_view prefix, std::ptrdiff_t parts) {
  std::size_t end = 0;
  for (; parts > 0; --parts) end = prefix.find('/', end) + 1;
  return prefix.substr(0, end);
}

// Without the prefixes of a date at its end: "dbo/orders/2022/09/22/" → "dbo/orders/".
std::string_view without_date(std::string_view prefix, std::string_view name, Time time) {
  constexpr std::ptrdiff_t most_date_parts = 4;
  const auto depth = depth_of(prefix);
  for (auto dates = std::min(depth, most_date_parts); dates > 0; --dates) {
    const auto rest = first_parts(prefix, depth - dates);
    if (date_prefix_of(std::string(prefix.substr(rest.size())) + std::string(name), time)) return rest;
  }
  return prefix;
}

// full_key("") without its last `levels` prefixes.
std::optional<std::string> above(const Source& source, std::ptrdiff_t levels) {
  auto path = source.full_key("");
  for (; levels > 0; --levels) {
    if (path.ends_with('/')) path.pop_back();
    if (path.empty()) return std::nullopt;
    const auto slash = path.rfind('/');
    path.erase(slash == std::string::npos ? 0 : slash + 1);
  }
  return path;
}

bool is_change_file(std::string_view key) {
  return std::holds_alternative<ChangeName>(parse_object_name(key.substr(key.find_last_of('/') + 1)));
}

}  // namespace

std::string WrongLevel::text() const {
  return shortened(table, 200) + " has the files of a table, but is not <schema>/<table>/ in bucket_path";
}

std::string WrongLevel::hint() const {
  if (!bucket_path)
    return "Use a bucket with the keys that AWS DMS writes, <schema>/<table>/LOAD00000001.csv.";
  auto schema = table.substr(0, table.size() - last_part(table).size() - 1);
  return fmt::format("{}, if {} is the schema and {} the table.",
                     bucket_path->empty() ? std::string("Remove bucket_path from SOURCE")
                                          : "Set bucket_path to " + shortened(*bucket_path, 200),
                     shortened(last_part(schema)), shortened(last_part(table)));
}

std::optional<std::string> table_of_file(std::string_view key) {
  const auto name = key.substr(key.find_last_of('/') + 1);
  const auto prefix = key.substr(0, key.size() - name.size());
  const auto parsed = parse_object_name(name);
  if (std::holds_alternative<LoadName>(parsed)) return std::string(prefix);
  const auto* const change = std::get_if<ChangeName>(&parsed);
  if (change == nullptr) return std::nullopt;
  return std::string(without_date(prefix, name, change->time));
}

std::optional<WrongLevel> level_of(const Source& source, const std::string& table) {
  const auto depth = depth_of(table);
  if (depth == right_depth) return std::nullopt;
  WrongLevel wrong{.table = source.full_key(table), .bucket_path = {}};
  wrong.bucket_path = depth < right_depth
                          ? above(source, right_depth - depth)
                          : source.full_key(std::string(first_parts(table, depth - right_depth)));
  if (wrong.bucket_path && wrong.bucket_path->size() > 1 && wrong.bucket_path->ends_with('/'))
    wrong.bucket_path->pop_back();
  return wrong;
}

std::optional<WrongLevel> find_wrong_level(Source& source, const std::string& prefix) {
  std::optional<std::string> elsewhere;
  // Directly under the prefix first: the first page of everything may end before these.
  for (const bool delimited : {true, false}) {
    const auto page =
        source.list({.prefix = prefix, .delimited = delimited, .start_after = {}, .continuation = {}});
    for (const auto& object : page.objects) {
      const auto table = table_of_file(object.key);
      if (!table) continue;
      const auto depth = depth_of(*table);
      if (depth == right_depth) return std::nullopt;
      const bool partition = depth == right_depth + 1 && !is_change_file(object.key);
      if (!partition && !elsewhere) elsewhere = table;
    }
  }
  return elsewhere ? level_of(source, *elsewhere) : std::nullopt;
}

}  // namespace peo::source
