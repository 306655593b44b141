// Adds the variables of a file (--env-file) to those of the process.
#pragma once
#include <string>

namespace peo::cli {

// Adds the variables of `file`; those that the process has already take precedence. Without a file: of
// /etc/default/paper-engine-orders if this program was installed by the package, so that a command in a
// terminal uses the settings of the packaged service, and reports so on standard error. Call it before any
// thread is started.
void add_environment(const std::string& file);

}  // namespace peo::cli
