#include "table_verbs.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "base/log.hpp"
#include "describe/catalogue.hpp"
#include "describe/describe.hpp"
#include "infer/infer.hpp"
#include "profile/report.hpp"
#include "survey/table_survey.hpp"
#include "target/migrate.hpp"
#include "target/postgres_target.hpp"

namespace peo {
namespace {

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw Error::local_io("can't write to standard output");
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw Error::local_io(fmt::format("can't write {}", file.string()));
}

}  // namespace

ExitCode infer_tables(const config::InferArguments& arguments, const config::Settings& settings,
                      source::Source& source, const Stop& stop) {
  infer::InferOptions options;
  options.folder = arguments.folder;
  options.tables = arguments.tables;
  options.rows_of_file = arguments.rows.value_or(options.rows_of_file);
  options.max_row_bytes = settings.max_row_bytes;
  print(infer::report(infer::write_drafts(source, options, stop), options));
  return ExitCode::Done;
}

ExitCode profile_tables(const config::ProfileArguments& arguments, const config::Settings& settings,
                        source::Source& source, const Stop& stop) {
  survey::SurveyOptions options;
  options.rows_of_file = arguments.rows.value_or(0);
  options.max_row_bytes = settings.max_row_bytes;
  options.key = arguments.key;
  std::vector<survey::TableSurvey> surveys;
  for (const auto& folder : survey::find_tables(source, arguments.tables)) {
    log::info("Reading {}.", source.full_key(folder.prefix()));
    surveys.push_back(survey::survey_table(source, folder, options, stop));
  }
  if (!arguments.html.empty()) write(arguments.html, profile::html_report(surveys, source.describe()));
  print(arguments.json ? profile::json_report(surveys) : profile::text_report(surveys));
  return ExitCode::Done;
}

void make_tables(const std::string& conninfo, const std::string& entities, const Stop& stop) {
  target::Connection connection(conninfo, stop);
  connection.connect();
  target::migrate(connection, target::begin_session(connection), target::migrations_of(entities));
}

ExitCode describe_tables(const config::DescribeArguments& arguments, const config::Settings& settings,
                         source::Source& source, const std::string& conninfo, const Stop& stop) {
  target::Connection connection(conninfo, stop);
  connection.connect();
  auto model = describe::read_model(connection, target::begin_session(connection));
  if (arguments.examples) describe::add_examples(model, source, stop, settings.max_row_bytes);
  std::string names;
  for (const auto& name : describe::write_documents(model, arguments.folder)) names += "  " + name + "\n";
  print(fmt::format("Wrote to {}:\n{}", arguments.folder.string(), names));
  return ExitCode::Done;
}

}  // namespace peo
