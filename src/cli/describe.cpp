#include "tables/describe/describe.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"

namespace peo::cli {

CLI::App* DescribeCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("describe", R"(document the target's tables in DIR

Writes data_specification.md, data_dictionary.csv, an entity
relationship model and a table diagram (.dot; .svg and .png if Graphviz
is installed) and paper-engine.drawio, from PostgreSQL's catalog and
its comments. A comment "References table.column." declares a
relationship. With an empty TARGET and no embedded database yet,
describes the tables that ENTITIES would create.
)");
  app->add_option("DIR", directory, "directory to write to")->required()->option_text(" ");
  app->add_flag("--examples", examples, "add example values from the bucket's files");
  return app;
}

ExitCode DescribeCommand::run() {
  Context context(LogLevel::AsSet);
  auto& settings = context.settings;
  const auto& stop = context.stop;
  const auto source = make_source(settings, stop);
  // Checked before make_embedded(), which creates a database.
  const bool nothing_yet =
      !settings.target && !embedded::EmbeddedPostgres(settings.data_dir / "postgres", stop).has_cluster();
  settings.dry_run = true;  // an embedded database that is created for this is temporary
  const auto embedded = make_embedded(settings, stop);
  const auto conninfo = embedded ? embedded->conninfo() : settings.target->conninfo;
  if (nothing_yet) create_tables(conninfo, entities_of(settings), stop);
  auto model = read_catalogue(conninfo, stop);
  if (examples) describe::add_examples(model, *source, stop, survey_settings(settings, stop));
  std::string names;
  for (const auto& name : describe::write_documents(model, directory)) names += "  " + name + "\n";
  print(fmt::format("Wrote to {}:\n{}", directory.string(), names));
  return ExitCode::Done;
}

}  // namespace peo::cli
