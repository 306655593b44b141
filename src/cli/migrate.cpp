#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"

namespace peo::cli {

CLI::App* MigrateCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("migrate", R"(create or update the tables

Creates or updates the loader's own tables and the entity tables, and
loads nothing. A run does the same when it starts; use this command if
the loader's role may not create tables. With an empty ENTITIES, the
bucket is listed to find the entities; ENTITIES=shipped avoids that.

Rejects a file of ENTITIES that was changed after it had been applied,
unless its tables are empty and were never loaded.
)");
  app->add_flag("--recreate", recreate, R"(recreate the tables of changed files anyway:
removes their rows (consumers are notified),
loses grants on them, and loads their files
again from the beginning)");
  add_json(*app, json);
  app->footer(R"(Exit codes: 0 done or nothing to do, 75 another loader is active,
otherwise those of a run.)");
  return app;
}

ExitCode MigrateCommand::run() {
  Context context(LogLevel::Quiet);
  auto& settings = context.settings;
  const auto& stop = context.stop;
  // Fails instead of standing by if another loader is active, and migrates even if DRY_RUN is set.
  settings.run_as_service = false;
  settings.dry_run = false;
  const auto embedded = make_embedded(settings, stop);
  // The bucket is listed only if it determines which tables are created.
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
  if (applied.empty()) text = "Up to date: all migrations are applied.\n";
  print(json ? operate::json_text({{"applied", applied}, {"recreated", losses}, {"tables", target->tables()}})
             : text);
  return ExitCode::Done;
}

}  // namespace peo::cli
