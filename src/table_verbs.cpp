#include "table_verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "standard_output.hpp"
#include "tables/describe/catalogue.hpp"
#include "tables/describe/describe.hpp"
#include "tables/infer/infer.hpp"
#include "tables/profile/report.hpp"
#include "tables/survey/table_survey.hpp"
#include "target/postgres_target.hpp"
#include "target/schema/migrations.hpp"

namespace peo {
namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw Error::local_io(fmt::format("can't write {}", file.string()));
}

survey::ReadSettings read_settings_of(const config::Settings& settings) {
  return {.format = settings.format, .columns = settings.columns, .max_row_bytes = settings.max_row_bytes};
}

}  // namespace

ExitCode infer_tables(const config::InferArguments& arguments, const config::Settings& settings,
                      source::Source& source, const Cancellation& stop) {
  infer::InferOptions options;
  options.folder = arguments.folder;
  options.tables = arguments.tables;
  options.rows_of_file = arguments.rows.value_or(options.rows_of_file);
  options.read = read_settings_of(settings);
  say(infer::report(infer::write_drafts(source, options, stop), options));
  return ExitCode::Done;
}

ExitCode profile_tables(const config::ProfileArguments& arguments, const config::Settings& settings,
                        source::Source& source, const ColumnsOfTables& known, const Cancellation& stop) {
  survey::SurveyOptions options;
  options.rows_of_file = arguments.rows.value_or(0);
  options.read = read_settings_of(settings);
  options.key = arguments.key;
  std::vector<survey::TableSurvey> surveys;
  const auto folders = survey::find_some_folders(source, arguments.tables);
  for (const auto& folder : folders.transactions)
    log::info("Left alone: {} holds transaction files, which are changes of all tables.",
              source.full_key(folder));
  for (const auto& folder : folders.tables) {
    log::info("Reading {}.", source.full_key(folder.prefix()));
    const auto columns = known.find(lower_case(folder.table));
    options.table = columns == known.end() ? TableColumns{} : columns->second;
    surveys.push_back(survey::survey_table(source, folder, options, stop));
  }
  if (!arguments.html.empty()) write(arguments.html, profile::html_report(surveys, source.describe()));
  say(arguments.json ? profile::json_report(surveys) : profile::text_report(surveys));
  return ExitCode::Done;
}

bool sql_speaks_of(const config::ProfileArguments& arguments, const std::string& entities,
                   source::Source& source) {
  if (entities == "none") return false;
  std::string all;
  for (const auto& migration : target::migrations_of(entities)) {
    if (migration.name.starts_with("entities/")) all += lower_case(migration.sql);
  }
  const auto folders = survey::find_folders(source, arguments.tables).tables;
  return std::any_of(folders.begin(), folders.end(), [&](const auto& folder) {
    return all.find(lower_case(folder.table)) != std::string::npos;
  });
}

ColumnsOfTables columns_of(const std::string& conninfo, const Cancellation& stop) {
  target::Connection connection(conninfo, stop);
  connection.connect();
  ColumnsOfTables found;
  for (const auto& table : describe::read_model(connection, target::begin_session(connection)).tables) {
    if (table.entity) found[lower_case(table.name)] = table.files_columns();
  }
  return found;
}

void make_tables(const std::string& conninfo, const std::string& entities, const Cancellation& stop) {
  target::Connection connection(conninfo, stop);
  connection.connect();
  target::migrate(connection, target::begin_session(connection), target::migrations_of(entities));
}

ExitCode describe_tables(const config::DescribeArguments& arguments, const config::Settings& settings,
                         source::Source& source, const std::string& conninfo, const Cancellation& stop) {
  target::Connection connection(conninfo, stop);
  connection.connect();
  auto model = describe::read_model(connection, target::begin_session(connection));
  if (arguments.examples) describe::add_examples(model, source, stop, read_settings_of(settings));
  std::string names;
  for (const auto& name : describe::write_documents(model, arguments.folder)) names += "  " + name + "\n";
  say(fmt::format("Wrote to {}:\n{}", arguments.folder.string(), names));
  return ExitCode::Done;
}

}  // namespace peo
