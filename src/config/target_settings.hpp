// The variable TARGET: the PostgreSQL to load into, as a libpq connection string or URI. It is checked with
// libpq's own parser and handed on unchanged; nothing is connected.
#pragma once
#include <string>
#include <string_view>

#include "config/problems.hpp"

namespace peo::config {

struct TargetSettings {
  std::string conninfo;  // a secret: holds the password

  // "host=localhost port=5432 user=me dbname=paper_engine", what of it is given. No secrets.
  std::string display;

  // A host that is another machine and need not show a certificate that is verified, so that whoever sits in
  // between can ask for the password; empty: none. By TARGET, the environment and libpq's defaults.
  std::string unverified_host;
};

// Reads a text that is not empty. What is wrong goes to `problems`, without any part of the text; then the
// result is not to be used.
TargetSettings read_target(std::string_view text, Problems& problems);

}  // namespace peo::config
