#include "survey/table_folders.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "source/object_name.hpp"
#include "survey/names.hpp"

namespace peo::survey {
namespace {

std::vector<std::string> folders_below(source::Source& source, const std::string& prefix) {
  std::vector<std::string> names;
  source::ListRequest request{.prefix = prefix, .by_folder = true};
  do {
    auto page = source.list(request);
    for (const auto& folder : page.folders)
      names.push_back(folder.substr(prefix.size(), folder.size() - prefix.size() - 1));
    request.continuation = page.next;
  } while (!request.continuation.empty());
  return names;
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

std::vector<TableFolder> find_tables(source::Source& source, const std::vector<std::string>& only) {
  std::vector<TableFolder> tables;
  for (const auto& schema : folders_below(source, "")) {
    if (schema.empty() || source::is_control_table(schema)) continue;
    for (const auto& table : folders_below(source, schema + "/")) {
      if (!table.empty() && !source::is_control_table(table)) tables.push_back({schema, table});
    }
  }
  if (only.empty()) return tables;
  std::vector<TableFolder> chosen;
  for (const auto& name : only) {
    const auto before = chosen.size();
    std::copy_if(tables.begin(), tables.end(), std::back_inserter(chosen),
                 [&](const TableFolder& table) { return same_name(table.table, name); });
    if (chosen.size() == before) {
      throw Error(ErrorKind::Stop, ExitCode::CommandLine,
                  fmt::format("there is no folder <schema>/{}/ in {}", shortened(name), source.describe()),
                  "Without names all tables are taken.");
    }
  }
  return chosen;
}

std::uint64_t for_each_file(source::Source& source, const TableFolder& folder,
                            const std::function<void(const TableFile&)>& take) {
  std::uint64_t unknown = 0;
  const auto prefix = folder.prefix();
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

TableFiles list_files(source::Source& source, const TableFolder& folder) {
  TableFiles files;
  files.unknown = for_each_file(source, folder, [&](const TableFile& file) {
    (file.kind == DeliveryKind::FullLoad ? files.loads : files.changes).add(file);
  });
  return files;
}

}  // namespace peo::survey
