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
  return fmt::format("the shell must be bash, zsh or fish, not {}", shown_argument(shell));
}

}  // namespace

CLI::App* CompletionCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("completion", R"(print the completion script of a shell

Prints a script that completes the commands and options of this program
in bash, zsh or fish. To install it for bash:
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
