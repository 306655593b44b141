#include "embedded/open_psql.hpp"

#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "embedded/child.hpp"
#include "embedded/postmaster.hpp"
#include "embedded/shell.hpp"

namespace peo::embedded {

namespace fs = std::filesystem;

namespace {

// The terminal sends its signals to psql and to this process. They are meant for psql, and this process must
// survive to stop the server. (SIGHUP requests a stop.)
class TerminalSignalsIgnored {
 public:
  TerminalSignalsIgnored() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < 2; ++i) ::sigaction(numbers[i], &ignore, &before_[i]);
  }
  TerminalSignalsIgnored(const TerminalSignalsIgnored&) = delete;
  TerminalSignalsIgnored& operator=(const TerminalSignalsIgnored&) = delete;
  ~TerminalSignalsIgnored() {
    for (std::size_t i = 0; i < 2; ++i) ::sigaction(numbers[i], &before_[i], nullptr);
  }

 private:
  static constexpr int numbers[2] = {SIGINT, SIGQUIT};
  struct sigaction before_[2]{};
};

int run_psql(const std::string& program, const std::string& conninfo,
             const std::vector<std::string>& arguments, const Cancellation& stop) {
  std::vector<std::string> list{program, conninfo};
  list.insert(list.end(), arguments.begin(), arguments.end());
  ChildOptions options;
  options.detached = false;
  const TerminalSignalsIgnored ignored;
  const pid_t child = start_child(std::move(list), options);
  bool asked = false;
  while (true) {
    if (const auto status = ended(child)) return *status;
    if (!asked && stop.sleep_for(std::chrono::milliseconds(20))) {
      ::kill(child, SIGTERM);
      asked = true;
    }
    if (asked) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

int open_psql(const fs::path& directory, const std::vector<std::string>& arguments, const Cancellation& stop,
              const EmbeddedOptions& options) {
  EmbeddedPostgres server(directory, stop, options);
  if (!server.has_cluster()) {
    throw Error::configuration(
        fmt::format("there is no embedded database in {} yet", server.directory().string()),
        "Run the loader with an empty TARGET first, or set DATA_DIR.");
  }
  const auto programs = choose_programs(installed_programs(options.programs), server.cluster().version());
  try {
    server.start();
  } catch (const Error& error) {
    const auto found = running_postmaster(server.cluster().path());
    if (error.exit_code() != ExitCode::TryAgain || stop.requested() || !found || found->status != "ready")
      throw;
    return run_psql(programs / "psql", conninfo_of(*found), arguments, stop);
  }
  return run_psql(programs / "psql", server.conninfo(), arguments, stop);
}

std::string open_psql_command(const std::string& program, const fs::path& data_directory) {
  return fmt::format(
      "DATA_DIR={} {} psql", shell_word(fs::absolute(data_directory).lexically_normal().string()),
      shell_word(program.find('/') == std::string::npos ? program
                                                        : fs::absolute(program).lexically_normal().string()));
}

}  // namespace peo::embedded
