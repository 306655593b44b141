#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"

namespace peo::cli {

CLI::App* MigrateCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("migrate", R"(create the tables or update them

Creates the loader's own tables and those of the entities, or updates
them, and loads nothing. A run does the same when it starts; use this
command where the loader's role may not create tables. With an empty
ENTITIES it lists the bucket's folders; ENTITIES=shipped doesn't.

A file of ENTITIES that was changed after it had been applied is
refused, unless its tables are empty and were never loaded.
)");
  app->add_flag("--recreate", recreate, R"(recreate the tables of changed files all
the same: their rows are removed (consumers
are told), grants on them are lost, and their
files are loaded again from the start)");
  add_json(*app, json);
  app->footer(R"(Exit codes: 0 done or nothing to do, 75 another loader holds the
target, else as a run would end.)");
  return app;
}

ExitCode MigrateCommand::run() {
  Context context(LogLevel::Quiet);
  auto& settings = context.settings;
  const auto& stop = context.stop;
  // Fails instead of standing by when another loader holds the target; and migrates even if DRY_RUN is set.
  settings.run_as_service = false;
  settings.dry_run = false;
  const auto embedded = make_embedded(settings, stop);
  // The bucket is asked only where it determines which tables are created.
  const auto source = entities_by_bucket(settings) ? make_source(settings, stop) : nullptr;
  auto options =
      target_options(settings, embedded ? embedded->conninfo() : settings.target->conninfo, source.get());
  std::vector<std::string> applied, losses;
  options.recreate = recreate;
  options.on_recreated = [&losses](const std::string& loss) { losses.push_back(loss); };
  options.on_migrated = [&applied](const std::vector<std::string>& names) {
    applied.insert(applied.end(), names.begin(), names.end());
  };
  const auto target = make_target(settings, std::move(options), stop);
  target->open();
  std::string text;
  for (const auto& loss : losses) text += printable_line(loss) + "\n";
  for (const auto& name : applied) text += fmt::format("Applied {}.\n", name);
  if (applied.empty()) text = "Nothing to do: everything is applied.\n";
  print(json ? operate::json_text({{"applied", applied}, {"recreated", losses}, {"tables", target->tables()}})
             : text);
  return ExitCode::Done;
}

}  // namespace peo::cli
