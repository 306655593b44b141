// The current secrets, which may be replaced while the loader runs, and the options of NATS connections.
#pragma once
#include <functional>
#include <optional>

#include "config/settings.hpp"
#include "nats/nats_options.hpp"
#include "source/s3/sigv4.hpp"

namespace peo::cli {

// The settings with the current secrets of the files (TARGET_FILE and others). None: they can't be read at
// the moment, for example while a mount is being replaced.
std::optional<config::Settings> settings_now();

nats::NatsOptions nats_options(const config::Settings& settings, const config::NatsSettings& nats);
// Sets user, password and keys only.
void put_login(const config::Settings& settings, const config::NatsSettings& nats,
               nats::NatsOptions& options);

// The current keys of SOURCE, which may have been replaced in its file.
std::function<source::s3::Credentials()> keys_now(const config::SourceSettings& from);

}  // namespace peo::cli
