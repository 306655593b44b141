#include "source/s3/credentials/answer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "source/s3/credentials/environment.hpp"
#include "source/s3/list_objects.hpp"

namespace peo::source::s3 {

TimedCredentials read_credentials(const std::string& json, const std::string& who) {
  const auto document = nlohmann::json::parse(json, nullptr, false);
  const auto text = [&](const char* name) {
    const auto found = document.find(name);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (!document.is_object()) throw Error::retry(who + " sent a response that is not a JSON object");
  if (const auto code = text("Code"); !code.empty() && code != "Success")
    throw Error::retry(fmt::format("{} returned no credentials: {}", who, shortened(code)));
  TimedCredentials found{{text("AccessKeyId"), text("SecretAccessKey"), text("Token")}, {}};
  if (found.keys.anonymous()) throw Error::retry(who + " sent a response without keys");
  check_credentials(found.keys, who);
  if (const auto expiration = text("Expiration"); !expiration.empty()) {
    found.expire = parse_time(expiration);
    if (!found.expire) throw Error::retry(who + " sent an expiration time that can't be parsed");
  }
  return found;
}

HttpOptions local_options(const Cancellation* stop) {
  HttpOptions options;
  options.connect_timeout = std::chrono::seconds(1);
  options.stall_timeout = std::chrono::seconds(5);
  options.proxy = false;
  options.stop = stop;
  options.stop_grace = std::chrono::milliseconds(0);
  return options;
}

bool is_transient(int status) { return status == 408 || status == 429 || status >= 500; }

}  // namespace peo::source::s3
