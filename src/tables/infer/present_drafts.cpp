#include "tables/infer/present_drafts.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/identifiers.hpp"
#include "base/sql_files.hpp"

namespace peo::infer {
namespace {

namespace fs = std::filesystem;

// "007_orders.sql": 7 and "orders".
std::pair<unsigned, std::string> parts_of(const fs::path& file) {
  const auto stem = file.stem().string();
  unsigned number = 0;
  const auto* const end = std::from_chars(stem.data(), stem.data() + stem.size(), number).ptr;
  auto name = stem.substr(static_cast<std::size_t>(end - stem.data()));
  if (name.starts_with('_')) name.erase(0, 1);
  return {number, lower_case(name)};
}

}  // namespace

PresentDrafts::PresentDrafts(const fs::path& directory) {
  std::error_code failed;
  if (!fs::exists(directory, failed) && !failed) return;
  std::vector<CreatedTable> tables;
  std::vector<fs::path> files;  // of each
  // In the order in which they are applied: a later file may rename an earlier one's table.
  for (const auto& [file, text] : read_sql_files(directory)) {
    highest_ = std::max(highest_, parts_of(file).first);
    const auto before = tables.size();
    read_created_tables(text, tables);
    if (tables.size() == before) drafts_.push_back({.file = file, .table = {}});
    files.resize(tables.size(), file);
  }
  for (std::size_t i = 0; i < tables.size(); ++i) drafts_.push_back({.file = files[i], .table = tables[i]});
  tables_ = names_of(tables);
}

const PresentDraft* PresentDrafts::find(const SourceTable& source, const std::string& stem) {
  const auto* const name = tables_.find(source.schema, source.table);
  const bool mine = name != nullptr && (tables_.source_of(*name) != nullptr || taken_.insert(*name).second);
  const auto is_draft = [&](const PresentDraft& draft) {
    if (draft.table.name.empty()) return parts_of(draft.file).second == stem;
    return mine && draft.table.name == *name;
  };
  const auto found = std::ranges::find_if(drafts_, is_draft);
  return found == drafts_.end() ? nullptr : &*found;
}

std::string file_stem(const std::string& table) {
  auto stem = lower_case(table);
  std::replace_if(
      stem.begin(), stem.end(),
      [](unsigned char c) { return c < 0x80 && std::isalnum(c) == 0 && c != '_' && c != '-'; }, '_');
  return stem;
}

}  // namespace peo::infer
