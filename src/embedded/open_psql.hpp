// A psql on the embedded database, whether or not a loader runs at the moment.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "embedded/embedded_postgres.hpp"

namespace peo::embedded {

// Runs psql on the terminal with these further arguments and gives its exit status. A server that runs for a
// loader is used and left alone; otherwise one is started, and stopped again at the end. No cluster yet:
// Error (configuration). Ctrl-C belongs to psql as long as it runs; a stop that is asked for ends it.
int open_psql(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
              const Cancellation& stop, const EmbeddedOptions& options = {});

// What to type in a shell for that, from any folder: `program` is how ours is called, `data_folder` its
// DATA_DIR.
std::string open_psql_command(const std::string& program, const std::filesystem::path& data_folder);

}  // namespace peo::embedded
