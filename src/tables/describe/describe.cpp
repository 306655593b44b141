#include "tables/describe/describe.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "tables/describe/diagrams.hpp"
#include "tables/describe/documents.hpp"
#include "tables/survey/table_shape.hpp"

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

// False if Graphviz isn't installed or fails.
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

void take_examples(Table& table, const survey::FileHead& head, const survey::ReadSettings& settings) {
  const auto shape = survey::find_shape(
      {head}, {.name = table.name,
               .columns = table.files_columns(),
               .format = settings.format,
               .entries = settings.columns.of(table.name, table.source().value_or(SourceTable{}).table)});
  const auto fields = head.rows.empty()
                          ? std::nullopt
                          : shape.fields_of(head.file.kind, head.rows.front(), head.file.object.key);
  if (shape.names != survey::TableShape::Names::Sql || !fields) return;
  const auto& nulls = settings.format.null_tokens;
  std::size_t place = 0;
  for (auto& column : table.columns) {
    if (!column.in_files()) continue;
    const auto field = fields->places[place++];
    for (std::size_t row = fields->header ? 1 : 0; field >= 0 && row < head.rows.size(); ++row) {
      const auto& value = head.rows[row][static_cast<std::size_t>(field)];
      if (value.empty() || std::find(nulls.begin(), nulls.end(), value) != nulls.end()) continue;
      column.example = shortened(value, longest_example);
      break;
    }
  }
}

}  // namespace

void add_examples(Model& model, source::Source& source, const Cancellation& stop,
                  const survey::ReadSettings& settings) {
  const auto entities = model.entities();
  for (const auto& location : survey::find_prefixes(source).tables) {
    const auto* const name = entities.find(location.schema, location.table);
    if (name == nullptr) continue;
    const auto table = std::ranges::find(model.tables, *name, &Table::name);
    table->location = location.prefix();
    const auto files = survey::list_files(source, location);
    const auto& group = files.loads.count != 0 ? files.loads : files.changes;
    if (group.first.empty()) continue;
    take_examples(*table, survey::read_head(source, group.first.front(), stop, settings), settings);
  }
}

std::vector<std::string> write_documents(const Model& model, const fs::path& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  std::vector<std::string> names;
  const auto put = [&](const std::string& name, const std::string& text) {
    write(directory / name, text);
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
      drawn = drawn && draw(directory / (name + ".dot"), directory / (name + "." + form), form);
      if (drawn) names.push_back(name + "." + form);
    }
  }
  if (!drawn)
    log::warning(
        "No pictures were drawn: Graphviz's dot is not installed or failed. Install it: apt-get install "
        "graphviz");
  for (const auto& sentence : model.dangling()) log::warning("{}.", sentence);
  return names;
}

}  // namespace peo::describe
