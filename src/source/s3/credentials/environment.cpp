#include "source/s3/credentials/environment.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace peo::source::s3 {

std::optional<TimedCredentials> EnvironmentCredentials::get() {
  if (keys_.anonymous()) return std::nullopt;
  check_credentials(keys_, name());
  return TimedCredentials{keys_, std::nullopt};
}

void check_credentials(const Credentials& keys, const std::string& origin) {
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
    throw Error::configuration(origin + " has only one key of a pair", keys.access_key_id.empty()
                                                                           ? "Add the access key id."
                                                                           : "Add the secret access key.");
  }
  for (const auto* value : {&keys.access_key_id, &keys.secret_access_key, &keys.session_token}) {
    if (std::all_of(value->begin(), value->end(), [](char c) { return c > ' ' && c < 0x7f; })) continue;
    throw Error::configuration(origin + " has a key with a space or another invalid character",
                               "Check for a line break or quotation mark that was copied along.");
  }
}

}  // namespace peo::source::s3
