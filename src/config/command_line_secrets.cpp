#include "config/command_line_secrets.hpp"

#include <libpq-fe.h>

#include <memory>

namespace peo::config {
namespace {

// libpq marks the parameters that must not be shown.
bool holds_password(const std::string& conninfo) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(conninfo.c_str(), nullptr), PQconninfoFree);
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    const bool secret = option->dispchar != nullptr && *option->dispchar == '*';
    if (secret && option->val != nullptr && *option->val != '\0') return true;
  }
  return false;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

std::string_view secret_in(std::string_view variable, const std::string& text) {
  if (variable == "TARGET" && holds_password(text)) return "a password";
  // A token, or user and password, precedes the host.
  if (variable == "NATS" && has(text, "@")) return "a login";
  const bool keys = has(text, "bucket_key") || has(text, "bucket_session_token");
  if (variable == "SOURCE" && (keys || (has(text, "://") && has(text, "@")))) return "a secret key";
  return {};
}

}  // namespace peo::config
