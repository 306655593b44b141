// The verbs about single files: replay and skip. Results go to standard output.
#pragma once
#include <string>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "config/request_arguments.hpp"
#include "source/source.hpp"

namespace peo {

ExitCode ask_for(const config::RequestArguments& arguments, source::Source& source,
                 const std::string& conninfo, const Cancellation& stop);

}  // namespace peo
