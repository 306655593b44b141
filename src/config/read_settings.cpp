#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/error.hpp"
#include "config/setting_list.hpp"
#include "config/settings.hpp"
#include "config/suggestions.hpp"

namespace peo::config {
namespace {

constexpr std::size_t longest_value = 131072;

struct Given {
  std::string text;
  std::string origin = "default";
};

const std::string* lookup(const Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  return found == environment.end() ? nullptr : &found->second;
}

// The variable's trimmed value; empty if it is unset.
std::string given_text(const Environment& environment, std::string_view name) {
  const std::string* text = lookup(environment, name);
  return text == nullptr ? std::string() : std::string(trimmed(*text));
}

// Reads a secret from its file, without the line break at its end.
std::string read_secret_file(const std::string& variable, const std::string& path, Problems& problems) {
  std::ifstream file(path, std::ios::binary);
  std::string text(longest_value + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof()) {
    problems.add(fmt::format("{} is {}: {}", variable, shown(path),
                             file.gcount() > 0
                                 ? "the file is too long for a value"
                                 : "the file can't be read; expected the path of a file with the value"));
    return {};
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  text = std::string(trimmed(text));
  // An empty file is more likely a failed mount than a request for the embedded default.
  if (text.empty()) problems.add(fmt::format("{} is {}: the file is empty", variable, shown(path)));
  if (text.find('\0') != std::string::npos) {
    problems.add(fmt::format("{} is {}: the file contains a NUL byte", variable, shown(path)));
    text.clear();
  }
  return text;
}

Given given_secret(const Setting& setting, const Environment& environment, Problems& problems) {
  const std::string variable = file_variable(setting);
  const std::string path = given_text(environment, variable);
  std::string text = given_text(environment, setting.name);
  if (path.empty()) return text.empty() ? Given{} : Given{std::move(text), "environment"};
  if (!text.empty()) {
    problems.add(fmt::format("{} and {} are both set; set only one of them", setting.name, variable));
    return {};
  }
  return {read_secret_file(variable, path, problems), "file " + shortened(path)};
}

Given given(const Setting& setting, const Environment& environment, Problems& problems) {
  if (!file_variable(setting).empty()) return given_secret(setting, environment, problems);
  std::string text = given_text(environment, setting.name);
  const bool set = lookup(environment, setting.name) != nullptr;
  if (!text.empty() || (set && setting.empty_is_value)) return {std::move(text), "environment"};
  return {std::string(setting.default_value), "default"};
}

void read_one(const Setting& setting, const Environment& environment, Settings& settings,
              Problems& problems) {
  Given value = given(setting, environment, problems);
  Problems here;
  if (!value.text.empty() || setting.empty_is_value) setting.read(value.text, settings, here);
  for (const auto& problem : here.texts()) {
    problems.add(setting.secret ? fmt::format("{}: {}", setting.name, problem)
                                : fmt::format("{} is {}: {}", setting.name, shown(value.text), problem));
  }
  EffectiveSetting line{std::string(setting.name), "", std::move(value.origin), ""};
  if (!value.text.empty()) line.text = setting.secret ? "***" : shortened(value.text, 500);
  settings.effective.push_back(std::move(line));
}

// Requires at most one login method, and a complete one.
void check_nats_login(const Settings& settings, Problems& problems) {
  const bool in_url = settings.nats && (!settings.nats->user.empty() || !settings.nats->token.empty());
  const int methods = (in_url ? 1 : 0) + (settings.nats_credentials_file.empty() ? 0 : 1) +
                      (settings.nats_nkey_seed.empty() ? 0 : 1);
  if (methods > 1) {
    problems.add(
        "more than one login method is set; set a user or token in NATS, or NATS_CREDENTIALS_FILE, or "
        "NATS_NKEY_SEED");
  }
  if (settings.nats_cert_file.empty() != settings.nats_key_file.empty())
    problems.add("only one of NATS_CERT_FILE and NATS_KEY_FILE is set; set both or neither");
  const bool events_by_tls = settings.events && settings.events->nats.tls;
  if (settings.nats && !settings.nats->tls && !events_by_tls && !settings.nats_cert_file.empty())
    problems.add("NATS_CERT_FILE is set, but NATS doesn't use TLS; write NATS with tls://");
}

// Chooses endpoints as the AWS SDKs do. SOURCE overrides the environment.
void choose_endpoints(Settings& settings) {
  auto& aws = settings.aws;
  if (aws.endpoints_ignored) aws.endpoint = aws.s3_endpoint = aws.sts_endpoint = "";
  if (aws.sts_endpoint.empty()) aws.sts_endpoint = aws.endpoint;
  auto& source = settings.source;
  if (source.kind != SourceKind::S3 || !source.endpoint.empty()) return;
  source.endpoint = aws.s3_endpoint.empty() ? aws.endpoint : aws.s3_endpoint;
}

// With events, polling is needed only for lost events.
void choose_sleep(Settings& settings) {
  settings.min_sleep_without_events = settings.min_sleep;
  settings.max_sleep_without_events = settings.max_sleep;
  if (!settings.events) return;
  const auto is_sleep = [](const EffectiveSetting& line) {
    return line.name == "MIN_SLEEP" || line.name == "MAX_SLEEP";
  };
  if (std::ranges::any_of(settings.effective,
                          [&](const auto& line) { return is_sleep(line) && line.origin != "default"; }))
    return;
  settings.min_sleep = settings.max_sleep = std::chrono::minutes(10);
  for (auto& line : settings.effective) {
    if (!is_sleep(line)) continue;
    line.note = fmt::format("{} while events can't be received", line.text);
    line.text = "600";
    line.origin = "SOURCE_EVENTS";
  }
}

// Checks and derives everything that depends on more than one variable.
void read_together(Settings& settings, Problems& problems) {
  const bool both_understood = settings.min_sleep.count() > 0 && settings.max_sleep.count() > 0;
  if (both_understood && settings.min_sleep > settings.max_sleep) {
    problems.add(fmt::format(
        "MIN_SLEEP is greater than MAX_SLEEP ({:g} and {:g} seconds); set both, with MIN_SLEEP at "
        "most MAX_SLEEP",
        std::chrono::duration<double>(settings.min_sleep).count(),
        std::chrono::duration<double>(settings.max_sleep).count()));
  }
  choose_sleep(settings);
  check_nats_login(settings, problems);
  choose_endpoints(settings);
  if (settings.source.kind == SourceKind::Sample) settings.source.directory = settings.data_dir / "sample";
}

void add_notes(Settings& settings) {
  for (auto& line : settings.effective) {
    if (line.name == "NATS")
      line.note = settings.nats ? settings.nats->display() : "messages are written to the log";
    if (line.name == "SOURCE") line.note = settings.source.display();
    if (line.name == "SOURCE_EVENTS")
      line.note = settings.events ? settings.events->display() : "the bucket is polled";
    if (line.name == "TARGET")
      line.note = settings.target ? settings.target->display : "an embedded PostgreSQL in DATA_DIR";
    if (line.name == "ENTITIES" && line.text.empty()) line.note = "the example tables that are needed";
    if (line.name == "METRICS_ADDRESS") {
      const std::string address = settings.metrics_address ? to_string(*settings.metrics_address) : "off";
      if (address != line.text) line.note = address;
    }
  }
}

std::string text_of(const std::vector<std::string>& texts) {
  std::string text = texts.size() == 1 ? "the configuration has an error: "
                                       : fmt::format("the configuration has {} errors: ", texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts.size() > 1) text += fmt::format("{}({}) ", i == 0 ? "" : "; ", i + 1);
    text += texts[i];
  }
  return text;
}

std::vector<std::string> misspelling_warnings(const Environment& environment) {
  std::vector<std::string> warnings;
  const auto names = all_names();
  for (const auto& [name, value] : environment) {
    if (const auto meant = probably_meant(name, names)) {
      warnings.push_back(
          fmt::format("The environment variable {} is not a setting. Did you mean {}?", name, *meant));
    }
  }
  return warnings;
}

}  // namespace

SettingsError::SettingsError(std::vector<std::string> faults)
    : Error(configuration(text_of(faults),
                          "Run paper-engine-orders --help-all for all variables; nothing has been changed.")),
      faults_(std::move(faults)) {}

Environment process_environment() {
  Environment environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals),
                        text.substr(equals + 1));  // the first one wins, as for getenv
  }
  return environment;
}

Settings read_settings(const Environment& environment) {
  Settings settings;
  Problems problems;
  for (const auto& setting : all_settings()) read_one(setting, environment, settings, problems);
  read_together(settings, problems);
  for (const auto& [name, replacement] : removed_settings()) {
    // If it were ignored, a limit that a user relies on would disappear silently.
    if (!given_text(environment, name).empty())
      problems.add(fmt::format("{} is no longer a setting: {}; remove it", name, replacement));
  }
  if (!problems.empty()) throw SettingsError(problems.texts());
  add_notes(settings);
  settings.warnings = misspelling_warnings(environment);
  if (settings.target && !settings.target->unverified_host.empty()) {
    settings.warnings.push_back(fmt::format(
        "TARGET: the certificate of {} is not verified, so a man in the middle can read the password and the "
        "data; add sslmode=verify-full and sslrootcert=... to TARGET",
        settings.target->unverified_host));
  }
  return settings;
}

}  // namespace peo::config
