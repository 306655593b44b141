#include "tables/infer/present_drafts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/identifiers.hpp"

namespace peo::infer {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sql_files(const fs::path& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".sql") files.push_back(entry.path());
  }
  if (failed)
    throw Error::local_io(
        fmt::format("can't use the directory {}: {}", directory.string(), failed.message()));
  // In the order in which they are applied: a later file may rename an earlier one's table.
  std::sort(files.begin(), files.end());
  return files;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw Error::local_io(fmt::format("can't read {}", file.string()));
  return text.str();
}

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
  std::vector<CreatedTable> tables;
  std::vector<fs::path> files;  // of each
  for (const auto& file : sql_files(directory)) {
    highest_ = std::max(highest_, parts_of(file).first);
    const auto before = tables.size();
    read_created_tables(text_of(file), tables);
    if (tables.size() == before) drafts_.push_back({.file = file, .table = {}});
    files.resize(tables.size(), file);
  }
  std::vector<std::string> names;
  SourceTables sources;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (auto source = source_table(tables[i].comment); source && !source->table.empty())
      sources.emplace(tables[i].name, *source);
    names.push_back(tables[i].name);
    drafts_.push_back({.file = files[i], .table = tables[i]});
  }
  tables_ = TableNames(std::move(names), std::move(sources));
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

std::set<std::string> PresentDrafts::names() const {
  return {tables_.tables().begin(), tables_.tables().end()};
}

std::string file_stem(const std::string& table) {
  auto stem = lower_case(table);
  std::replace_if(
      stem.begin(), stem.end(),
      [](unsigned char c) { return c < 0x80 && std::isalnum(c) == 0 && c != '_' && c != '-'; }, '_');
  return stem;
}

}  // namespace peo::infer
