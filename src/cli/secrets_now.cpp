#include "cli/secrets_now.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"

namespace peo::cli {

std::optional<config::Settings> settings_now() {
  try {
    return config::read_settings(config::process_environment());
  } catch (const Error& error) {
    log::warning("The secret files can't be read at the moment; the old secrets stay in use. {}",
                 error.describe());
    return std::nullopt;
  }
}

std::function<source::s3::Credentials()> keys_now(const config::SourceSettings& from) {
  return [last = source::s3::Credentials{from.access_key_id, from.secret_key, from.session_token}]() mutable {
    if (const auto now = settings_now())
      last = {now->source.access_key_id, now->source.secret_key, now->source.session_token};
    return last;
  };
}

void put_login(const config::Settings& settings, const config::NatsSettings& nats,
               nats::NatsOptions& options) {
  options.user = nats.user;
  options.password = nats.password;
  options.token = nats.token;
  // A user in the address takes precedence; the key is for the other server.
  const bool by_address = !nats.user.empty() || !nats.token.empty();
  options.nkey_seed = by_address ? "" : settings.nats_nkey_seed;
  options.credentials_file = by_address ? "" : settings.nats_credentials_file.string();
}

nats::NatsOptions nats_options(const config::Settings& settings, const config::NatsSettings& nats) {
  nats::NatsOptions options;
  for (const auto& server : nats.servers) options.servers.push_back("nats://" + config::to_string(server));
  options.tls = nats.tls;
  put_login(settings, nats, options);
  options.ca_file = settings.nats_ca_file.string();
  options.cert_file = settings.nats_cert_file.string();
  options.key_file = settings.nats_key_file.string();
  return options;
}

}  // namespace peo::cli
