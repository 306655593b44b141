#include "source/s3/credentials/shared_files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "source/s3/credentials/environment.hpp"
#include "source/s3/credentials/small_file.hpp"

namespace peo::source::s3 {
namespace {

constexpr std::size_t longest_file = 1024UL * 1024;

using Values = std::map<std::string, std::string>;

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return std::string(text);
}

std::string value_of(const Values& values, const char* name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

std::optional<Values> ini_section(const std::string& text, const std::string& section) {
  std::optional<Values> values;
  bool inside = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == ' ' || line[0] == '\t') continue;
    if (line[0] == '[') {
      std::string name;  // "[profile  x]" is "[profile x]"
      std::istringstream words(line.substr(1, line.find(']') - 1));
      for (std::string word; words >> word;) name += (name.empty() ? "" : " ") + word;
      inside = name == section;
      if (inside && !values) values.emplace();
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == std::string::npos) continue;
    values->insert_or_assign(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
  }
  return values;
}

SharedFileCredentials::SharedFileCredentials(const AwsEnvironment& environment, WebIdentityOptions identity)
    : credentials_file_(environment.credentials_file),
      config_file_(environment.config_file),
      profile_(environment.profile.empty() ? "default" : environment.profile),
      asked_for_(!environment.profile.empty()),
      file_asked_for_(!environment.credentials_file.empty() || !environment.config_file.empty()),
      identity_(std::move(identity)) {
  if (environment.home.empty()) return;
  if (credentials_file_.empty()) credentials_file_ = environment.home + "/.aws/credentials";
  if (config_file_.empty()) config_file_ = environment.home + "/.aws/config";
}

std::string SharedFileCredentials::name() const {
  return fmt::format("the profile {} in {} and {}", shortened(profile_), shortened(credentials_file_, 200),
                     shortened(config_file_, 200));
}

std::optional<TimedCredentials> SharedFileCredentials::get() {
  const auto section = [](const std::string& file, const std::string& name) {
    const auto text = file.empty() ? std::nullopt : read_small_file(file, longest_file);
    return text ? ini_section(*text, name) : std::nullopt;
  };
  auto values = section(credentials_file_, profile_);
  const auto config = section(config_file_, profile_ == "default" ? "default" : "profile " + profile_);
  if (!values && !config) {
    if (!asked_for_ && !file_asked_for_) return std::nullopt;
    throw Error::configuration("there is no " + name(), "Check AWS_PROFILE and the file names.");
  }
  if (!values) values.emplace();
  if (config) values->insert(config->begin(), config->end());
  Credentials keys{value_of(*values, "aws_access_key_id"), value_of(*values, "aws_secret_access_key"),
                   value_of(*values, "aws_session_token")};
  if (!keys.anonymous()) {
    check_credentials(keys, name());
    return TimedCredentials{std::move(keys), std::nullopt};
  }
  if (!value_of(*values, "web_identity_token_file").empty()) {
    identity_.role_arn = value_of(*values, "role_arn");
    identity_.token_file = value_of(*values, "web_identity_token_file");
    if (const auto session = value_of(*values, "role_session_name"); !session.empty())
      identity_.session_name = session;
    return WebIdentityCredentials(identity_).get();
  }
  for (const char* other :
       {"source_profile", "credential_source", "credential_process", "sso_session", "sso_start_url"}) {
    if (!values->contains(other)) continue;
    throw Error::configuration(
        fmt::format("{} uses {}, which this program doesn't support", name(), other),
        "Set keys in the environment instead: `aws configure export-credentials --format env` prints them.");
  }
  if (asked_for_)
    throw Error::configuration(name() + " has no keys", "Check AWS_PROFILE and the contents of the files.");
  return std::nullopt;
}

}  // namespace peo::source::s3
