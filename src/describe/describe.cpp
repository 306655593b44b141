#include "describe/describe.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.hpp"
#include "base/log.hpp"
#include "describe/diagrams.hpp"
#include "describe/documents.hpp"
#include "survey/names.hpp"
#include "survey/table_shape.hpp"

namespace peo::describe {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_example = 60;

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw Error::local_io(fmt::format("can't write {}", file.string()));
}

// False when there is no Graphviz, or it refused.
bool draw(const fs::path& dot, const fs::path& picture, const char* form) {
  std::array<std::string, 5> words = {"dot", std::string("-T") + form, "-o", picture.string(), dot.string()};
  std::array<char*, 6> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [](std::string& word) { return word.data(); });
  pid_t child = 0;
  if (posix_spawnp(&child, "dot", nullptr, nullptr, arguments.data(), environ) != 0) return false;
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The place of each column of the table in a row of the file; by name where there is a header, else by order.
void take_examples(Table& table, const survey::FileHead& head, const survey::TableShape& shape) {
  const std::size_t before = shape.has_operation(head.file.kind) ? 1 : 0;
  std::size_t place = 0;
  for (auto& column : table.columns) {
    if (column.loaders_own() || column.generated) continue;
    auto at = place++;
    if (shape.header) {
      const auto named = std::find_if(shape.columns.begin(), shape.columns.end(),
                                      [&](const auto& name) { return survey::same_name(name, column.name); });
      if (named == shape.columns.end()) continue;
      at = static_cast<std::size_t>(named - shape.columns.begin());
    }
    for (std::size_t row = shape.header ? 1 : 0; row < head.rows.size() && column.example.empty(); ++row) {
      if (at + before >= head.rows[row].size()) continue;
      const auto& value = head.rows[row][at + before];
      if (value != "NULL") column.example = shortened(value, longest_example);
    }
  }
}

}  // namespace

void add_examples(Model& model, source::Source& source, const Stop& stop, std::size_t max_row_bytes) {
  for (const auto& folder : survey::find_tables(source)) {
    const auto table = std::find_if(model.tables.begin(), model.tables.end(), [&](const Table& one) {
      return one.entity && survey::same_name(one.name, folder.table);
    });
    if (table == model.tables.end()) continue;
    table->folder = folder.prefix();
    const auto files = survey::list_files(source, folder);
    const auto& group = files.loads.count != 0 ? files.loads : files.changes;
    if (group.first.empty()) continue;
    const auto head = survey::read_head(source, group.first.front(), stop, max_row_bytes);
    take_examples(*table, head, survey::find_shape(source, files, stop, max_row_bytes));
  }
}

std::vector<std::string> write_documents(const Model& model, const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  std::vector<std::string> names;
  const auto put = [&](const std::string& name, const std::string& text) {
    write(folder / name, text);
    names.push_back(name);
  };
  put("data_specification.md", data_specification(model));
  put("data_dictionary.csv", data_dictionary(model));
  put("paper-engine.drawio", drawio(model));
  bool drawn = true;
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>{"entity_relationship_model", entity_relationship_dot(model)},
        {"table_diagram", table_diagram_dot(model)}}) {
    put(name + ".dot", text);
    for (const auto* form : {"svg", "png"}) {
      drawn = drawn && draw(folder / (name + ".dot"), folder / (name + "." + form), form);
      if (drawn) names.push_back(name + "." + form);
    }
  }
  if (!drawn)
    log::warning("No pictures: Graphviz's dot is not installed, or it failed. apt-get install graphviz");
  for (const auto& sentence : model.dangling()) log::warning("{}.", sentence);
  return names;
}

}  // namespace peo::describe
