#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "completion_texts.hpp"

namespace peo::cli {
namespace {

const std::string_view* script_for(const std::string& shell) {
  for (const auto& [name, text] : completion_texts::all) {
    if (name == shell + ".txt") return &text;
  }
  return nullptr;
}

std::string known_shell(const std::string& shell) {
  if (script_for(shell) != nullptr) return {};
  return fmt::format("accepted are bash, zsh and fish, not {}", shown_argument(shell));
}

}  // namespace

CLI::App* CompletionCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("completion", R"(print the completion of bash, zsh or fish

Prints a script that lets the shell complete the commands and options
of this program. For bash, once:
  paper-engine-orders completion bash \
    > /etc/bash_completion.d/paper-engine-orders
)");
  app->add_option("SHELL", shell, "bash, zsh or fish")->required()->check(known_shell)->option_text(" ");
  return app;
}

ExitCode CompletionCommand::run() {
  print(std::string(*script_for(shell)));
  return ExitCode::Done;
}

}  // namespace peo::cli
