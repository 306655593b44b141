// From the command line to an exit code. An error of the loader is a line in the log; one of a command is
// printed with its hint, and with --json as an object on standard output as well, for programs.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <memory>

#include "base/error.hpp"
#include "base/log.hpp"
#include "cli/command_line.hpp"
#include "cli/print.hpp"
#include "decode/parquet/serve.hpp"
#include "operate/format.hpp"

namespace {

void print_as_json(const peo::Error& error) {
  try {
    peo::cli::print(peo::operate::json_text(peo::operate::error_json(error)));
  } catch (const peo::Error&) {  // standard output is what went wrong
  }
}

// A reader that goes away (a closed terminal, the end of a pipe) is an error to handle or to ignore, not the
// end of the process. A closed standard stream is opened as /dev/null: otherwise its number would go to the
// next connection, and the log would be written to that.
void prepare_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  int fd = 0;
  while ((fd = ::open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && fd <= STDERR_FILENO) ::fcntl(fd, F_SETFD, 0);
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (peo::parquet::is_serve_command(argc, argv)) return peo::parquet::serve(argc, argv);
  prepare_standard_streams();
  std::shared_ptr<peo::cli::Command> command;
  auto code = peo::ExitCode::Internal;
  try {
    command = peo::cli::read_command_line(argc, argv);
    code = command->run();
  } catch (const peo::Error& error) {
    if (command != nullptr && command->json) print_as_json(error);
    if (command != nullptr && command->logs_errors()) {
      peo::log::error("{}", error.describe());
    } else {
      peo::cli::print_error(error);
    }
    code = error.exit_code();
  } catch (const std::exception& error) {
    peo::log::error("A bug in the loader: {}. Please report it with this line.", error.what());
  }
  return static_cast<int>(code);
}
