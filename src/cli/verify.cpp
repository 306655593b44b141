#include "operate/verify.hpp"

#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"

namespace peo::cli {

CLI::App* VerifyCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("verify", R"(compare the loaded files with the tables

Computes in a temporary table what each entity (all, if none is named)
must hold by its loaded files, and lists by their keys the rows that
its table lacks, has in addition, or has with other values. Late and
rewritten files count by their names, as in the table. Updates of rows
that no file has brought are listed as doubtful, not as differences:
where a key changes without a before-image, the row stays under the
old key, too. Works beside a running loader. The server needs room for
a second copy of the table.
)");
  app->add_option("ENTITY", entities, "table to verify")->option_text(" ");
  add_json(*app, json);
  add_number(*app, "--limit", limit, "how many keys of each kind are listed (20)");
  app->footer(R"(Exit codes: 0 files and table are equal, 65 they differ, or files are
quarantined or rows rejected, else why they can't be compared.)");
  return app;
}

ExitCode VerifyCommand::run() {
  const Context context(LogLevel::Quiet);
  const auto& settings = context.settings;
  const auto& stop = context.stop;
  const auto access = require_target(settings, stop);
  const auto source = make_source(settings, stop);
  target::Verification verification(target_options(settings, access.conninfo, source.get()), stop);
  const auto results = operate::verify(*source, verification, entities, limit.value_or(20),
                                       loader_options(settings).read, stop);
  print(json ? operate::json_text(operate::verify_json(results)) : operate::verify_text(results));
  return operate::exit_code_of(results);
}

}  // namespace peo::cli
