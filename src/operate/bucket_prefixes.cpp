#include "operate/bucket_prefixes.hpp"

#include <algorithm>
#include <iterator>
#include <variant>

#include "base/identifiers.hpp"
#include "operate/format.hpp"
#include "source/object_name.hpp"
#include "source/prefixes.hpp"

namespace peo::operate {
namespace {

constexpr int most_pages = 20;  // of 1000 objects each, over all prefixes

SourceTable parts_of(const std::string& prefix) {  // "dbo/Orders/" → dbo, Orders
  const auto path = prefix.substr(0, prefix.size() - 1);
  const auto end = path.find('/');
  return {.schema = path.substr(0, end), .table = path.substr(end + 1)};
}

// Counts the files below the prefix; false: there are more pages.
bool count_files(source::Source& source, const std::string& prefix, int& pages, std::uint64_t& files) {
  source::ListRequest request{.prefix = prefix, .delimited = false, .start_after = {}, .continuation = {}};
  do {
    if (++pages > most_pages) return false;
    const auto page = source.list(request);
    for (const auto& object : page.objects) {
      const auto name = source::parse_object_name(std::string_view(object.key).substr(prefix.size()));
      if (std::holds_alternative<source::LoadName>(name) || std::holds_alternative<source::ChangeName>(name))
        ++files;
    }
    request.continuation = page.next;
  } while (!request.continuation.empty());
  return true;
}

}  // namespace

std::vector<std::string> BucketPrefixes::names() const {
  std::vector<std::string> list;
  list.reserve(prefixes.size());
  for (const auto& prefix : prefixes) list.push_back(folded_identifier(parts_of(prefix).table));
  return list;
}

std::vector<std::string> BucketPrefixes::unclaimed_names(const TableNames& tables) const {
  BucketPrefixes unclaimed;
  std::ranges::copy_if(prefixes, std::back_inserter(unclaimed.prefixes), [&](const std::string& prefix) {
    const auto source = parts_of(prefix);
    const auto* const table = tables.find(source.schema, source.table);
    return table == nullptr || tables.source_of(*table) == nullptr;
  });
  return unclaimed.names();
}

std::vector<std::string> BucketPrefixes::of(const std::string& table, const TableNames& tables) const {
  std::vector<std::string> list;
  for (const auto& prefix : prefixes) {
    const auto source = parts_of(prefix);
    const auto* const found = tables.find(source.schema, source.table);
    if (found != nullptr && *found == table) list.push_back(prefix);
  }
  return list;
}

BucketPrefixes bucket_prefixes(source::Source& source, const std::string& transactions) {
  BucketPrefixes found;
  for (const auto& schema : source::prefixes_below(source, "")) {
    if (schema == transactions) continue;
    try {
      for (auto& prefix : source::prefixes_below(source, schema)) {
        if (source::is_control_table(parts_of(prefix).table)) continue;
        if (!transactions.empty() && transactions.starts_with(prefix)) continue;
        found.prefixes.push_back(std::move(prefix));
      }
    } catch (const Error& error) {
      if (!source::refuses_prefix(error)) throw;
      found.refused.emplace(schema, error);
    }
  }
  if (found.prefixes.empty() && !found.refused.empty()) throw Error(found.refused.begin()->second);
  return found;
}

bool holds_parquet(source::Source& source, const std::vector<std::string>& prefixes) {
  int pages = 0;
  return std::ranges::any_of(prefixes, [&](const auto& prefix) {
    if (++pages > most_pages) return false;
    const auto page = source.list({.prefix = prefix});
    return std::ranges::any_of(page.objects, is_parquet, &ObjectInfo::key);
  });
}

PrefixFiles files_in(source::Source& source, const std::vector<std::string>& prefixes) {
  PrefixFiles found;
  int pages = 0;
  for (const auto& prefix : prefixes) {
    try {
      if (!count_files(source, prefix, pages, found.files)) return {found.files, true};
    } catch (const Error& error) {
      if (!source::refuses_prefix(error)) throw;
      found.more = true;
    }
  }
  return found;
}

nlohmann::ordered_json ignored_json(const std::vector<std::string>& prefixes, const PrefixFiles& files,
                                    const IgnoredParquet& parquet) {
  return {
      {"folders", prefixes}, {"files", files.files}, {"more", files.more}, {"parquet_files", parquet.files}};
}

std::string count_text(const PrefixFiles& files) {
  if (files.more && files.files == 0) return "an unknown number of files";
  return (files.more ? "more than " : "") + count_text(files.files, "file");
}

}  // namespace peo::operate
