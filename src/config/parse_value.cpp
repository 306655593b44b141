#include "config/parse_value.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace peo::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "15 ms" to ("15", "ms").
std::pair<std::string_view, std::string> number_and_unit(std::string_view text) {
  text = trimmed(text);
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
  const auto length = static_cast<std::size_t>(end - text.begin());
  return {text.substr(0, length), lower_case(trimmed(text.substr(length)))};
}

std::optional<double> seconds_of(const std::string& unit) {
  if (unit == "ms") return 0.001;
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86400;
  return std::nullopt;
}

std::optional<unsigned> shift_of(const std::string& unit) {
  if (unit.empty()) return 0;
  if (unit == "k" || unit == "kib") return 10;
  if (unit == "m" || unit == "mib") return 20;
  if (unit == "g" || unit == "gib") return 30;
  return std::nullopt;
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  const std::string plain(text.substr(0, text.find('%')));  // an interface may follow: fe80::1%eth0
  return inet_pton(AF_INET6, plain.c_str(), &address) == 1;
}

}  // namespace

std::string to_string(const HostPort& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n\f\v";
  const auto begin = text.find_first_not_of(spaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

std::vector<std::string_view> split_by_comma(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma != std::string_view::npos) text.remove_prefix(comma + 1);
  }
  return parts;
}

std::optional<bool> read_boolean(std::string_view text) {
  const std::string word = lower_case(trimmed(text));
  if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "0" || word == "no" || word == "off") return false;
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> read_duration(std::string_view text) {
  const auto [number, unit] = number_and_unit(text);
  const auto seconds = seconds_of(unit);
  if (!seconds || number.size() > 40) return std::nullopt;
  double value = 0;
  const auto [end, failed] =
      std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  if (failed != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  constexpr double longest = 366.0 * 86400;
  if (value * *seconds > longest) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(value * *seconds * 1e9));
}

std::optional<std::uint64_t> read_size(std::string_view text) {
  const auto [number, unit] = number_and_unit(text);
  const auto shift = shift_of(unit);
  const auto value = whole_number<std::uint64_t>(number);
  if (!shift || !value || *value > (std::numeric_limits<std::uint64_t>::max() >> *shift)) return std::nullopt;
  return *value << *shift;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  const auto port = whole_number<std::uint16_t>(text);
  return port && *port != 0 ? port : std::nullopt;
}

std::optional<HostPort> read_host_port(std::string_view text, std::uint16_t default_port) {
  HostPort address{"", default_port};
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return std::nullopt;
    address.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    if (!is_host_name(text.substr(0, colon))) return std::nullopt;
    address.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (rest.empty()) return default_port != 0 ? std::optional(address) : std::nullopt;
  const auto port = rest.front() == ':' ? read_port(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  address.port = *port;
  return address;
}

std::optional<HostPort> read_listen_address(std::string_view text) {
  text = trimmed(text);
  if (const auto port = read_port(text)) return HostPort{"127.0.0.1", *port};
  if (!text.empty() && text.front() == ':') {
    const auto port = read_port(text.substr(1));
    return port ? std::optional(HostPort{"0.0.0.0", *port}) : std::nullopt;
  }
  return read_host_port(text, 0);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      unsigned byte = 0;
      const auto hex = text.substr(i + 1, 2);
      const auto [end, failed] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
      if (failed != std::errc{} || hex.size() != 2 || end != hex.data() + 2) return std::nullopt;
      c = static_cast<char>(byte);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

std::string shown(std::string_view value) {
  const std::string lower = lower_case(value);
  const auto contains = [&](const char* sign) { return lower.find(sign) != std::string::npos; };
  const std::array signs{"@", "password", "bucket_key", "bucket_session_token", "secret", "-----begin"};
  // An NKey seed; a JWT.
  const bool is_key = lower.size() > 40 && (lower.starts_with("s") || lower.starts_with("eyj")) &&
                      lower.find_first_of("/ ") == std::string::npos;
  if (is_key || std::any_of(signs.begin(), signs.end(), contains))
    return "a value that is not shown because it may contain a secret";
  return fmt::format("\"{}\"", shortened(value));
}

}  // namespace peo::config
