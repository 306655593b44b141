// The variable TARGET: the PostgreSQL database to load into, as a libpq connection string or URI. It is
// validated with libpq's parser and passed on unchanged, without connecting.
#pragma once
#include <string>
#include <string_view>

#include "config/problems.hpp"

namespace peo::config {

struct TargetSettings {
  std::string conninfo;  // a secret: contains the password

  // "host=localhost port=5432 user=me dbname=paper_engine", as far as it is set. No secrets.
  std::string display;

  // A remote host whose certificate isn't verified, so that a man in the middle could get the password;
  // empty: none. Derived from TARGET, the environment and libpq's defaults.
  std::string unverified_host;
};

// Parses a non-empty text. Adds errors to `problems`, without any part of the text; the result is then
// invalid.
TargetSettings read_target(std::string_view text, Problems& problems);

}  // namespace peo::config
