#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/signals.hpp"
#include "embedded/open_psql.hpp"

namespace peo::cli {

CLI::App* PsqlCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("psql", R"(open the embedded PostgreSQL of an empty TARGET

Opens psql on the embedded PostgreSQL in DATA_DIR. A server that a
loader has started is used and left running; otherwise it is started,
and stopped at the end. Arguments are passed to psql, such as
-c 'SELECT count(*) FROM orders'.
)");
  app->add_option("ARGS", arguments, "arguments for psql")->option_text(" ");
  app->footer("Exit codes: those of psql; 78 if there is no embedded PostgreSQL yet.");
  return app;
}

ExitCode PsqlCommand::run() {
  const auto settings = read_settings(LogLevel::AsSet);
  Cancellation stop;
  const Signals signals(stop, {SIGTERM, SIGHUP});  // psql handles the others
  return static_cast<ExitCode>(
      embedded::open_psql(settings.data_dir / "postgres", arguments, stop, embedded_options(settings)));
}

}  // namespace peo::cli
