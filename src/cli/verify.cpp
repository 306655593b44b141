#include "operate/verify.hpp"

#include <utility>

#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"

namespace peo::cli {

CLI::App* VerifyCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("verify", R"(compare the loaded files with the tables

Reads the loaded files again into a temporary table and lists the keys
of missing, extra and different rows of each entity's table. A loader
may be running. The server needs disk space for a second copy of the
table.

Late and rewritten files are applied in the order of their names, as
the loader applies them. Updates of rows that no file has inserted are
listed as doubtful, not as differences: if an update changes the key
and there is no before-image, the table also keeps the row of the old
key.
)");
  app->add_option("TABLE", entities,
                  "table to verify, by its name in the target or\nin the bucket (default: all)")
      ->option_text(" ");
  add_json(*app, json);
  add_number(*app, "--limit", limit, "number of keys of each kind to list (20)");
  app->footer(R"(Exit codes: 0 files and tables are equal, 65 they differ, a table is
held, files are quarantined or rows rejected, or a loaded file is no
longer in the bucket; those of a run if comparing fails.)");
  return app;
}

ExitCode VerifyCommand::run() {
  const Context context(LogLevel::Quiet);
  const auto& settings = context.settings;
  const auto& stop = context.stop;
  const auto access = require_target(settings, stop);
  const auto source = make_source(settings, stop);
  auto options = target_options(settings, access.conninfo, source.get());
  auto read = loader_options(settings).read;
  // Rows that were rejected when their files were loaded are rejected again, whatever BAD_ROWS is by now. A
  // row that was loaded and is rejected here is reported, because the table has it.
  options.bad_rows = {.action = BadRows::QuarantineRow, .most_rows = 1'000'000};
  read.keep_bad_rows = true;
  target::Verification verification(std::move(options), stop);
  const auto results = operate::verify(*source, verification, entities, limit.value_or(20), read, stop);
  print(json ? operate::json_text(operate::verify_json(results)) : operate::verify_text(results));
  return operate::exit_code_of(results);
}

}  // namespace peo::cli
