#include "config/nats_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace peo::config {
namespace {

constexpr const char* form = "expected nats://user:password@host:4222, nats://token@host:4222, or tls://…";
constexpr const char* percent_encoding =
    "percent-encode the user, password or token: @ as %40, / as %2F, : as %3A, comma as %2C, % as %25";

struct Server {
  bool tls = false;
  std::string user, password, token;
  HostPort address;
  std::string problem;

  bool has_credentials() const { return !user.empty() || !token.empty(); }
};

void read_credentials(std::string_view text, Server& server) {
  const auto colon = text.find(':');
  const auto first = percent_decoded(text.substr(0, colon));
  const auto second = percent_decoded(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (text.find(':', colon == std::string_view::npos ? text.size() : colon + 1) != std::string_view::npos) {
    server.problem = fmt::format("there is a second : before the @; {}", percent_encoding);
  } else if (!first || !second) {
    server.problem =
        fmt::format("a % before the @ is not followed by two hexadecimal digits of a printable character; {}",
                    percent_encoding);
  } else if (first->empty()) {
    server.problem = "the user or token before the : or @ is empty";
  } else {
    (colon == std::string_view::npos ? server.token : server.user) = *first;
    server.password = *second;
  }
}

Server read_server(std::string_view text) {
  Server server;
  const auto scheme_end = text.find("://");
  const std::string scheme =
      lower_case(text.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  if (scheme != "nats" && scheme != "tls") {
    server.problem = fmt::format("it doesn't start with nats:// or tls://; {}", form);
    return server;
  }
  server.tls = scheme == "tls";
  text.remove_prefix(scheme_end + 3);
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find_first_of("/?#\\") != std::string_view::npos) {
    server.problem = fmt::format("there is a /, ?, # or \\ after the scheme; {}", percent_encoding);
    return server;
  }
  if (std::count(text.begin(), text.end(), '@') > 1) {
    server.problem = fmt::format("there is more than one @; {}", percent_encoding);
    return server;
  }
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    read_credentials(text.substr(0, at), server);
    text.remove_prefix(at + 1);
  }
  const auto address = read_host_port(text, 4222);
  if (!address && server.problem.empty()) {
    server.problem =
        fmt::format("the host or port is invalid; {} (an IPv6 address in [ ]); {}", form, percent_encoding);
  }
  server.address = address.value_or(HostPort{});
  return server;
}

}  // namespace

std::string NatsSettings::display() const {
  // The user isn't shown either: a token with a ":" looks like user and password.
  const char* who = user.empty() && token.empty() ? "" : "***@";
  std::string text;
  for (const auto& server : servers) {
    text += fmt::format("{}{}://{}{}", text.empty() ? "" : ",", tls ? "tls" : "nats", who, to_string(server));
  }
  return text;
}

NatsSettings read_nats(std::string_view text, Problems& problems) {
  NatsSettings nats;
  if (std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f || c == '"' ||
               c == '\'';
      })) {
    problems.add(
        "it contains a space, a line break, a quote or a character that is not ASCII; percent-encode such "
        "characters, and don't put the value in quotes");
    return nats;
  }
  const auto parts = split_by_comma(text);
  bool first = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Server server = read_server(parts[i]);
    const std::string which = parts.size() > 1 ? fmt::format("address {}: ", i + 1) : std::string();
    if (!server.problem.empty()) {
      problems.add(which + server.problem);
      continue;
    }
    if (!first && server.tls != nats.tls) problems.add(which + "either all addresses or none must be tls://");
    if (server.has_credentials()) {
      const bool known = !nats.user.empty() || !nats.token.empty();
      if (known &&
          (server.user != nats.user || server.password != nats.password || server.token != nats.token)) {
        problems.add(which + "all addresses must have the same user and password, or the same token");
      }
      nats.user = std::move(server.user);
      nats.password = std::move(server.password);
      nats.token = std::move(server.token);
    }
    nats.tls = server.tls;
    nats.servers.push_back(std::move(server.address));
    first = false;
  }
  return nats;
}

}  // namespace peo::config
