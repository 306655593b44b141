#include "cli/context.hpp"

#include <curl/curl.h>

#include "base/log.hpp"

namespace peo::cli {

config::Settings read_settings(LogLevel level) {
  auto settings = config::read_settings(config::process_environment());
  const bool quiet = level == LogLevel::Quiet && settings.log_level == log::Level::Info;
  log::configure(quiet ? log::Level::Warning : settings.log_level, settings.log_format);
  return settings;
}

// curl_global_init is not thread-safe, so it runs here, before any thread.
Context::Context(LogLevel level) : settings(read_settings(level)) { curl_global_init(CURL_GLOBAL_DEFAULT); }

}  // namespace peo::cli
