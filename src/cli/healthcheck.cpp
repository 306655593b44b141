#include "operate/healthcheck.hpp"

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"

namespace peo::cli {

CLI::App* HealthcheckCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("healthcheck", R"(check that the loader on this machine is alive

Sends an HTTP request to METRICS_ADDRESS on this machine. Use it as the
HEALTHCHECK of a container.
)");
  add_json(*app, json);
  app->add_flag("--ready", ready,
                "check that it is ready: the target is open and\nthe bucket has been listed");
  app->footer("Exit codes: 0 yes, 69 no or no response, 78 METRICS_ADDRESS is off.");
  return app;
}

ExitCode HealthcheckCommand::run() {
  const Context context(LogLevel::Quiet);
  const auto& address = context.settings.metrics_address;
  if (!address)
    throw Error::configuration("METRICS_ADDRESS is off, so the loader can't be reached",
                               "Set it to the same value for the loader and this command.");
  const auto answer = operate::healthcheck(address->host, address->port, ready);
  print(json ? operate::json_text({{"ok", answer.exit_code == ExitCode::Done}, {"text", answer.text}})
             : answer.text + "\n");
  return answer.exit_code;
}

}  // namespace peo::cli
