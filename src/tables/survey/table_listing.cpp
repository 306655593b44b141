#include "tables/survey/table_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "source/object_name.hpp"
#include "source/prefixes.hpp"

namespace peo::survey {
namespace {

// "CDC_TXN-20201117153046033.csv", or with an underscore.
bool is_transaction_file(std::string_view name) {
  constexpr std::string_view begin = "CDC_TXN";
  constexpr std::size_t digits = 17;
  if (!name.starts_with(begin) || name.size() < begin.size() + 1 + digits) return false;
  const auto time = name.substr(begin.size() + 1, digits);
  return (name[begin.size()] == '-' || name[begin.size()] == '_') &&
         std::all_of(time.begin(), time.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether transaction files, and no other files, are directly under the prefix.
bool holds_transactions(source::Source& source, const std::string& prefix) {
  const auto page = source.list({.prefix = prefix, .delimited = true, .start_after = {}, .continuation = {}});
  std::size_t transactions = 0;
  for (const auto& object : page.objects) {
    const auto name = std::string_view(object.key).substr(prefix.size());
    if (is_transaction_file(name)) {
      ++transactions;
    } else if (!std::holds_alternative<source::FolderMarker>(source::parse_object_name(name))) {
      return false;
    }
  }
  return transactions != 0;
}

std::vector<std::string> names_below(source::Source& source, const std::string& prefix) {
  auto names = source::prefixes_below(source, prefix);
  for (auto& name : names) name = source::last_part(name);
  return names;
}

void add_schema(source::Source& source, const std::string& schema, BucketTables& found) {
  if (holds_transactions(source, schema + "/")) found.transactions.push_back(schema + "/");
  for (const auto& name : names_below(source, schema + "/")) {
    if (name.empty() || source::is_control_table(name)) continue;
    TablePrefix table{schema, name};
    if (holds_transactions(source, table.prefix())) {
      found.transactions.push_back(table.prefix());
    } else if (auto wrong = source::find_wrong_level(source, table.prefix())) {
      found.misplaced.push_back(std::move(*wrong));
    } else {
      found.tables.push_back(std::move(table));
    }
  }
}

bool is_chosen(const TablePrefix& table, const std::string& name, const TableNames& known) {
  if (is_named({.schema = table.schema, .table = table.table}, name)) return true;
  const auto* const in_target = known.find(table.schema, table.table);
  return in_target != nullptr && same_name(*in_target, name);
}

void choose(source::Source& source, const ChosenTables& chosen, BucketTables& found) {
  if (found.tables.empty()) return;
  std::vector<TablePrefix> tables;
  for (const auto& name : chosen.names) {
    bool known = false;
    for (const auto& table : found.tables) {
      if (!is_chosen(table, name, chosen.known)) continue;
      known = true;
      if (std::ranges::find(tables, table.prefix(), &TablePrefix::prefix) == tables.end())
        tables.push_back(table);
    }
    if (known) continue;
    std::vector<std::string> names;
    for (const auto& table : found.tables) names.push_back(table.table);
    throw unknown_table(name, "in " + source.describe(), names);
  }
  found.tables = std::move(tables);
}

}  // namespace

void FileGroup::add(const TableFile& file) {
  ++count;
  bytes += file.object.size;
  if (first.size() < kept) {
    first.push_back(file);
    return;
  }
  if (last.size() == kept) last.erase(last.begin());
  last.push_back(file);
}

BucketTables find_prefixes(source::Source& source, const ChosenTables& chosen) {
  BucketTables found;
  for (const auto& schema : names_below(source, "")) {
    if (schema.empty() || source::is_control_table(schema)) continue;
    add_schema(source, schema, found);
  }
  if (!chosen.names.empty()) choose(source, chosen, found);
  return found;
}

BucketTables find_some_prefixes(source::Source& source, const ChosenTables& chosen) {
  auto found = find_prefixes(source, chosen);
  if (!found.tables.empty()) return found;
  std::string what = fmt::format("there is no prefix <schema>/<table>/ in {}", source.describe());
  std::string hint = "Set bucket_path to the prefix that contains the schemas.";
  auto wrong = found.misplaced.empty() ? source::find_wrong_level(source, "") : found.misplaced.front();
  if (!found.transactions.empty()) {
    hint = "Use a bucket with full loads: " + found.transactions.front() +
           " contains transaction files, which don't show a table's columns.";
  } else if (wrong) {
    what = wrong->text();
    hint = wrong->hint();
  }
  throw Error::configuration(what, hint);
}

std::uint64_t for_each_file(source::Source& source, const TablePrefix& location,
                            const std::function<void(const TableFile&)>& take) {
  std::uint64_t unknown = 0;
  const auto prefix = location.prefix();
  source::ListRequest request{.prefix = prefix};
  do {
    auto page = source.list(request);
    for (auto& object : page.objects) {
      const auto name = source::parse_object_name(std::string_view(object.key).substr(prefix.size()));
      if (std::holds_alternative<source::LoadName>(name)) {
        take({std::move(object), DeliveryKind::FullLoad, {}});
      } else if (const auto* change = std::get_if<source::ChangeName>(&name)) {
        take({std::move(object), DeliveryKind::Change, change->time});
      } else if (std::holds_alternative<source::UnknownName>(name)) {
        ++unknown;
      }
    }
    request.continuation = page.next;
  } while (!request.continuation.empty());
  return unknown;
}

TableFiles list_files(source::Source& source, const TablePrefix& location) {
  TableFiles files;
  files.unknown = for_each_file(source, location, [&](const TableFile& file) {
    (file.kind == DeliveryKind::FullLoad ? files.loads : files.changes).add(file);
  });
  return files;
}

}  // namespace peo::survey
