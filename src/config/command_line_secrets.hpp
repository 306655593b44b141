// Detects values that must not be on a command line, which every user of the machine can read.
#pragma once
#include <string>
#include <string_view>

namespace peo::config {

// The kind of secret that the value of SOURCE, TARGET or NATS contains ("a password"); empty: none. An
// invalid value is reported when the settings are read.
std::string_view secret_in(std::string_view variable, const std::string& text);

}  // namespace peo::config
