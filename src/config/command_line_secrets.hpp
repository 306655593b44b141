// Whether a setting's value must not stand on a command line, which every user of the machine can read.
#pragma once
#include <string>
#include <string_view>

namespace peo::config {

// What secret the text of SOURCE, TARGET or NATS holds ("a password"); empty: none. For a text that can't be
// understood, reading the settings reports what is wrong.
std::string_view secret_in(std::string_view variable, const std::string& text);

}  // namespace peo::config
