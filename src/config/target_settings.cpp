#include "config/target_settings.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "config/parse_value.hpp"

namespace peo::config {
namespace {

constexpr const char* password_encoding =
    "percent-encode a password in a URI (@ as %40, / as %2F, : as %3A, % as %25)";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
struct FreeText {
  void operator()(char* text) const { PQfreemem(text); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;
using Values = std::map<std::string, std::string, std::less<>>;

bool is_uri(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

// libpq quotes the invalid part, which may be part of the password, so only the wording around it is used.
// For an unknown wording the message is generic.
std::string explained(std::string_view libpq_text, bool uri) {
  struct Explanation {
    std::string_view libpq, ours;
  };
  constexpr std::array<Explanation, 9> explanations = {{
      {"missing \"=\" after", "a word has no \"=\" (put a value with spaces in single quotes)"},
      {"invalid connection option", "a keyword is unknown to libpq"},
      {"unterminated quoted string", "a single quote is not closed"},
      {"invalid percent-encoded token", "a % is not followed by two hexadecimal digits"},
      {"forbidden value %00", "%00 is not allowed"},
      {"end of string reached when looking for matching \"]\"", "the [ of an IPv6 address is not closed"},
      {"unexpected character", "an unexpected character follows the host"},
      {"invalid URI query parameter", "a parameter after the ? is unknown to libpq"},
      {"key/value separator", "a parameter after the ? is not of the form name=value"},
  }};
  std::string text = "libpq can't parse it";
  for (const auto& [libpq, ours] : explanations) {
    if (libpq_text.find(libpq) != std::string_view::npos) {
      text = ours;
      break;
    }
  }
  return uri ? fmt::format("{}; {}", text, password_encoding) : text;
}

// A suggestion for the first unknown keyword. Only libpq's keyword is shown.
std::string meant_keyword(std::string_view libpq_text) {
  const auto begin = libpq_text.find('"');
  const auto end = libpq_text.rfind('"');
  const bool names_one = libpq_text.starts_with("invalid connection option") ||
                         libpq_text.starts_with("invalid URI query parameter");
  if (!names_one || begin == std::string_view::npos || end <= begin) return {};
  const std::string unknown = lower_case(libpq_text.substr(begin + 1, end - begin - 1));
  if (unknown.size() > 40) return {};
  const Options defaults(PQconndefaults());
  for (const auto* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    if (edit_distance(unknown, keyword) <= (keyword.size() > 4 ? 2U : 1U)) {
      return fmt::format(" (did you mean {}?)", keyword);
    }
  }
  return {};
}

Values values_of(const PQconninfoOption* options) {
  Values values;
  for (const auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    const bool secret = option->dispchar != nullptr && *option->dispchar == '*';
    if (option->val != nullptr && *option->val != '\0' && !secret) values[option->keyword] = option->val;
  }
  return values;
}

// libpq ends the password at the first @ and the address at the first /, and accepts whatever results.
void check_uri(std::string_view text, Problems& problems) {
  text.remove_prefix(text.find("://") + 3);
  if (const auto end = text.find_first_of("@/"); end != std::string_view::npos && text[end] == '@') {
    text.remove_prefix(end + 1);  // user and password, as libpq parses them
  }
  text = text.substr(0, text.find('?'));
  const auto at = text.find('@');
  if (at == std::string_view::npos) return;
  const char* what = at < text.find('/') ? "host" : "database name";
  problems.add(fmt::format("the {} would contain an @: {}", what, password_encoding));
}

void check_values(const Values& values, bool uri, Problems& problems) {
  for (const auto& [keyword, value] : values) {
    const std::string lower = lower_case(value);
    const auto at = lower.find("password");
    if (at != std::string::npos && trimmed(std::string_view(lower).substr(at + 8)).starts_with('=')) {
      problems.add(fmt::format(
          "the value of {} contains another password=: either it is empty (write '') or a quote is "
          "misplaced",
          keyword));
      return;
    }
  }
  const auto value_of = [&values](std::string_view keyword) -> std::string_view {
    const auto found = values.find(keyword);
    return found == values.end() ? std::string_view() : std::string_view(found->second);
  };
  for (const auto host : split_by_comma(value_of("host"))) {
    // An @ in front means a socket in Linux's abstract namespace.
    if (host.find('@', 1) != std::string_view::npos) {
      problems.add("the host contains an @" + (uri ? fmt::format(": {}", password_encoding) : std::string()));
    }
  }
  for (const auto port : split_by_comma(value_of("port"))) {
    if (!port.empty() && !read_port(trimmed(port))) {
      problems.add("the port is not a number from 1 to 65535" +
                   (uri ? fmt::format("; {}", password_encoding) : std::string()));
    }
  }
  const auto database = value_of("dbname");
  if (database.find("://") != std::string_view::npos || database.find('=') != std::string_view::npos) {
    problems.add("dbname contains a whole connection string; set TARGET to that string");
  }
}

bool is_local(std::string_view host) {
  return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
         host == "::1" || host.starts_with("127.");
}

std::string unverified_host(const Values& given) {
  const Options options(PQconndefaults());
  auto values = given;
  if (options) values.merge(values_of(options.get()));
  const auto mode = values.find("sslmode");
  const auto root = values.find("sslrootcert");
  // With the system's certificates libpq requires verify-full.
  if ((mode != values.end() && mode->second.starts_with("verify-")) ||
      (root != values.end() && root->second == "system"))
    return {};
  for (const char* keyword : {"hostaddr", "host"}) {
    const auto found = values.find(keyword);
    if (found == values.end()) continue;
    for (const auto host : split_by_comma(found->second)) {
      if (!is_local(trimmed(host))) return shortened(trimmed(host));
    }
    break;  // libpq connects to hostaddr if it is set
  }
  return {};
}

std::string display_of(const Values& values) {
  std::string text;
  for (const char* keyword : {"service", "host", "hostaddr", "port", "user", "dbname"}) {
    const auto found = values.find(keyword);
    if (found == values.end()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", keyword, shortened(found->second));
  }
  return text.empty() ? "libpq's defaults" : text;
}

// Recognizes connection strings of other programs. Empty: none of them.
std::string foreign_form(std::string_view text) {
  if (lower_case(text.substr(0, 5)) == "jdbc:") {
    return "it is a JDBC URL; write postgresql://user:password@host:5432/database, or user=… password=… "
           "host=… "
           "port=… dbname=…";
  }
  if (text.front() == '"' && text.back() == '"') {
    return "it is in double quotes, which are part of the value here; remove them";
  }
  if (const auto scheme = text.find("://");
      scheme != std::string_view::npos && !is_uri(text) && text.substr(0, scheme).find('=') == text.npos) {
    return "it looks like a URI, but doesn't start with postgresql:// or postgres://";
  }
  return {};
}

}  // namespace

TargetSettings read_target(std::string_view text, Problems& problems) {
  TargetSettings target{std::string(text), {}, {}};
  if (auto foreign = foreign_form(text); !foreign.empty()) {
    problems.add(std::move(foreign));
    return target;
  }
  const bool uri = is_uri(text);
  char* error = nullptr;
  const Options options(PQconninfoParse(target.conninfo.c_str(), &error));
  const std::unique_ptr<char, FreeText> error_owner(error);
  if (!options) {
    const std::string_view libpq_text = error == nullptr ? "" : error;
    problems.add(explained(libpq_text, uri) + meant_keyword(libpq_text));
    return target;
  }
  Problems here;
  if (uri) check_uri(text, here);
  const Values values = values_of(options.get());
  if (here.empty()) check_values(values, uri, here);
  for (const auto& problem : here.texts()) problems.add(problem);
  if (here.empty()) target.display = display_of(values);
  if (here.empty()) target.unverified_host = unverified_host(values);
  return target;
}

}  // namespace peo::config
