// Opens psql on the embedded database, whether or not a loader is running.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "embedded/embedded_postgres.hpp"

namespace peo::embedded {

// Runs psql in the terminal with these additional arguments and returns its exit status. A loader's running
// server is used and left running; otherwise one is started, and stopped at the end. An Error (configuration)
// if there is no cluster yet. psql handles Ctrl-C; a stop request ends it.
int open_psql(const std::filesystem::path& directory, const std::vector<std::string>& arguments,
              const Cancellation& stop, const EmbeddedOptions& options = {});

// The shell command for that, for any working directory. `program`: the path of this program;
// `data_directory`: its DATA_DIR.
std::string open_psql_command(const std::string& program, const std::filesystem::path& data_directory);

}  // namespace peo::embedded
