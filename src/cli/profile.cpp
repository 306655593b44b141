#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "base/created_tables.hpp"
#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "base/table_columns.hpp"
#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "tables/profile/report.hpp"
#include "tables/survey/table_survey.hpp"
#include "target/schema/migrations.hpp"

namespace peo::cli {
namespace {

// The columns of each table without the loader's own columns.
struct ColumnsOfTables {
  TableNames names{};
  std::map<std::string, TableColumns> columns{};
};

// The SQL of ENTITIES, in one text.
std::string sql_of(const std::string& entities) {
  std::string all;
  for (const auto& migration : target::migrations_of(entities)) {
    if (target::is_entity(migration)) all += migration.sql + "\n";
  }
  return all;
}

// Whether the SQL may create one of the tables. A cheap test: starting a server takes seconds.
bool sql_mentions(const std::string& sql, const std::vector<survey::TablePrefix>& tables) {
  const auto text = lower_case(sql);
  return std::ranges::any_of(tables, [&](const auto& location) {
    return text.find(folded_identifier(location.table)) != std::string::npos;
  });
}

ColumnsOfTables columns_of(const std::string& conninfo, const Cancellation& stop) {
  const auto model = read_catalogue(conninfo, stop);
  ColumnsOfTables found{.names = model.entities()};
  for (const auto& name : found.names.tables()) found.columns[name] = model.table(name)->files_columns();
  return found;
}

// The columns that the SQL of ENTITIES declares. Only PostgreSQL can parse that SQL reliably, so the tables
// are created in a temporary database. Without such SQL, columns are derived from the files alone.
ColumnsOfTables columns_by_sql(const std::string& sql, const std::vector<survey::TablePrefix>& tables,
                               const Context& context) {
  const auto& settings = context.settings;
  if (!sql_mentions(sql, tables)) return {};
  try {
    const auto embedded = embedded::EmbeddedPostgres::temporary(context.stop, embedded_options(settings));
    embedded->start();
    create_tables(embedded->conninfo(), entities_of(settings), context.stop);
    return columns_of(embedded->conninfo(), context.stop);
  } catch (const Error& error) {
    if (context.stop.requested()) throw;
    log::warning("The SQL of ENTITIES can't be run here, so columns are derived from the files alone: {}",
                 error.describe());
    return {};
  }
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw Error::local_io(fmt::format("can't write {}", file.string()));
}

}  // namespace

CLI::App* ProfileCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("profile", R"(print statistics of the bucket's tables

For each table: statistics of each column, the likely key, operations
over time, and anomalies. Reads all files unless --rows is given.

Names and key of the columns are those of the SQL of ENTITIES, if it
creates the table: a temporary embedded PostgreSQL runs the SQL, which
takes a few seconds. Its files are deleted at the end. TARGET is not
used. With ENTITIES=none, only the files are read.
)");
  app->add_option("TABLE", tables,
                  "table to profile, by its name in the bucket or\nin the target (default: all)")
      ->option_text(" ");
  app->add_option("--key", key,
                  "primary key of the table, if a single one is\nnamed (default: the most likely one)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("COLUMN,...");
  add_json(*app, json);
  app->add_option("--html", html, "also write an HTML report with plots to FILE")->type_name("FILE");
  add_number(*app, "--rows", rows, "read N rows of each of up to 12 files per table");
  app->parse_complete_callback([this] {
    if (!key.empty() && tables.size() != 1)
      throw CLI::ValidationError("--key requires a single table: profile TABLE --key column,column");
  });
  return app;
}

ExitCode ProfileCommand::run() {
  const Context context(LogLevel::AsSet);
  const auto source = make_source(context.settings, context.stop);
  const auto sql = sql_of(entities_of(context.settings));
  const auto prefixes =
      survey::find_some_prefixes(*source, {.names = tables, .known = names_of(created_tables(sql))});
  const auto known = columns_by_sql(sql, prefixes.tables, context);
  survey::SurveyOptions options;
  options.rows_of_file = rows.value_or(0);
  options.read = survey_settings(context.settings, context.stop);
  options.key = key;
  std::vector<survey::TableSurvey> surveys;
  for (const auto& location : prefixes.transactions)
    log::info("Ignoring {}: it contains transaction files, which have changes of all tables.",
              source->full_key(location));
  for (const auto& wrong : prefixes.misplaced)
    log::warning("Ignoring {}: it has the files of a table, but is not <schema>/<table>/ in bucket_path. {}",
                 wrong.table, wrong.hint());
  for (const auto& location : prefixes.tables) {
    log::info("Reading {}.", source->full_key(location.prefix()));
    const auto* const table = known.names.find(location.schema, location.table);
    options.table = table == nullptr ? TableColumns{} : known.columns.at(*table);
    surveys.push_back(survey::survey_table(*source, location, options, context.stop));
  }
  if (!html.empty()) write(html, profile::html_report(surveys, source->describe()));
  print(json ? profile::json_report(surveys) : profile::text_report(surveys));
  return ExitCode::Done;
}

}  // namespace peo::cli
