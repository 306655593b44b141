// From the command line to an exit code. An error is a line in the log, and with --json an object on standard
// output as well, so that its reader doesn't need the log.
#include <exception>
#include <memory>

#include "base/error.hpp"
#include "base/log.hpp"
#include "cli/command_line.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"

namespace {

void print_as_json(const peo::Error& error) {
  try {
    peo::cli::print(peo::operate::json_text(peo::operate::error_json(error)));
  } catch (const peo::Error&) {  // standard output is what went wrong
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::shared_ptr<peo::cli::Command> command;
  auto code = peo::ExitCode::Internal;
  try {
    command = peo::cli::read_command_line(argc, argv);
    code = command->run();
  } catch (const peo::Error& error) {
    if (command != nullptr && command->json) print_as_json(error);
    peo::log::error("{}", error.describe());
    code = error.exit_code();
  } catch (const std::exception& error) {
    peo::log::error("A fault of the loader: {}. Please report it with this line.", error.what());
  }
  return static_cast<int>(code);
}
