// What the components that use a NATS server share.
#pragma once
#include <functional>
#include <optional>

#include "config/settings.hpp"
#include "nats/nats_options.hpp"
#include "source/s3/sigv4.hpp"

namespace peo::cli {

// The settings with the secrets that the files (TARGET_FILE and others) hold now. None: they can't be read at
// the moment, as while a mount is being replaced.
std::optional<config::Settings> settings_now();

nats::NatsOptions nats_options(const config::Settings& settings, const config::NatsSettings& nats);
// User, password and keys alone.
void put_login(const config::Settings& settings, const config::NatsSettings& nats,
               nats::NatsOptions& options);

// The keys of SOURCE as they are now: they may have been replaced in its file.
std::function<source::s3::Credentials()> keys_now(const config::SourceSettings& from);

}  // namespace peo::cli
