#include "source/s3/credentials/web_identity.hpp"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/masked.hpp"
#include "source/s3/credentials/answer.hpp"
#include "source/s3/credentials/environment.hpp"
#include "source/s3/credentials/small_file.hpp"
#include "source/s3/list_objects.hpp"

namespace peo::source::s3 {
namespace {

std::string address_of(const WebIdentityOptions& options) {
  if (!options.endpoint.empty()) return options.endpoint;
  if (options.region.empty()) return "https://sts.amazonaws.com";
  return fmt::format("https://sts.{}.amazonaws.com{}", options.region,
                     options.region.starts_with("cn-") ? ".cn" : "");
}

// Shows the error code only: the message may contain the token.
Error refusal(const std::string& who, int status, const std::string& code) {
  const auto what = fmt::format("{} refused the role: HTTP {} {}", who, status, shortened(code));
  if (is_transient(status) || code == "IDPCommunicationError" || code == "Throttling")
    return Error::retry(what);
  if (code == "ExpiredTokenException")
    return Error::permission(
        what, "Check the process that refreshes AWS_WEB_IDENTITY_TOKEN_FILE: its token has expired.");
  if (code == "ValidationError" || code == "InvalidParameterValue")
    return Error::configuration(what, "Check AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME.");
  return Error::permission(what,
                           "Check AWS_ROLE_ARN and the role's trust policy (issuer, audience, subject).");
}

TimedCredentials read_answer(const std::string& who, const std::string& body, int status,
                             const std::string& token) {
  pugi::xml_document document;
  document.load_buffer(body.data(), body.size());
  if (status != 200) {
    const auto code = document.child("ErrorResponse").child("Error").child("Code");
    throw refusal(who, status, masked(code.text().get(), {&token, 1}));
  }
  const auto found = document.child("AssumeRoleWithWebIdentityResponse")
                         .child("AssumeRoleWithWebIdentityResult")
                         .child("Credentials");
  const auto text = [&](const char* name) { return std::string(found.child(name).text().get()); };
  TimedCredentials result{{text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken")},
                          parse_time(text("Expiration"))};
  if (result.keys.anonymous() || !result.expire)
    throw Error::configuration(who + " sent a response without keys or their expiration time",
                               "Check that AWS_ENDPOINT_URL_STS is a Security Token Service.");
  check_credentials(result.keys, who);
  return result;
}

}  // namespace

WebIdentityCredentials::WebIdentityCredentials(WebIdentityOptions options) : options_(std::move(options)) {}

std::string WebIdentityCredentials::name() const {
  return fmt::format("the role {} by web identity", shortened(options_.role_arn, 200));
}

std::optional<TimedCredentials> WebIdentityCredentials::get() {
  if (options_.token_file.empty() && options_.role_arn.empty()) return std::nullopt;
  if (options_.token_file.empty()) return std::nullopt;  // the role is for another provider
  if (options_.role_arn.empty())
    throw Error::configuration("a web identity token file is set, but no role", "Set AWS_ROLE_ARN.");
  const auto token = read_token(options_.token_file, "AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto address = address_of(options_);
  const auto session = options_.session_name.empty() ? "paper-engine-orders" : options_.session_name;
  HttpOptions http;
  http.ca_bundle = options_.ca_bundle;
  http.stop = options_.stop;
  HttpClient client(http);
  const auto answer =
      client.send({.url = address + (address.ends_with('/') ? "" : "/"),
                   .headers = {{"content-type", "application/x-www-form-urlencoded"}},
                   .method = "POST",
                   .body = fmt::format(
                       "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&"
                       "WebIdentityToken={}",
                       uri_encoded(options_.role_arn), uri_encoded(session), uri_encoded(token))});
  return read_answer("the token service at " + address, answer->read_text(longest_answer), answer->status(),
                     token);
}

}  // namespace peo::source::s3
