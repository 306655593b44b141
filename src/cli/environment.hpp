// The variables of a file (--env-file) beside those of the process.
#pragma once
#include <string>

namespace peo::cli {

// Adds the variables of `file` that the process doesn't have; those that it has count. Without a file: of
// /etc/default/paper-engine-orders when this program is the package's, so that a command at a terminal sees
// the settings of the packaged service; a line on standard error says so. Before any thread.
void add_environment(const std::string& file);

}  // namespace peo::cli
