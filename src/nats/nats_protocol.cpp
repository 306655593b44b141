#include "nats/nats_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "base/masked.hpp"

namespace peo::nats {
namespace {

using Kind = NatsOperation::Kind;

constexpr std::string_view separators = " \t";

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    if (text.empty()) return words;
    const auto end = std::min(text.find_first_of(separators), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

// Digits only: from_chars accepts no sign for an unsigned number, and rejects overflow.
std::size_t read_size(std::string_view text) {
  std::size_t size = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (failed != std::errc{} || end != text.data() + text.size() || size > NatsParser::largest_message) {
    throw NatsProtocolError(
        fmt::format("a message whose size is not a number up to {}", NatsParser::largest_message));
  }
  return size;
}

std::string without_quotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

}  // namespace

std::optional<NatsOperation> NatsParser::next() { return expected_ ? read_message() : read_line(); }

std::optional<NatsOperation> NatsParser::read_line() {
  const auto end = bytes_.find('\n');
  if (std::min(end, bytes_.size()) > longest_line)
    throw NatsProtocolError(fmt::format("a line of more than {} bytes", longest_line));
  if (end == std::string::npos) return std::nullopt;
  auto line = bytes_.substr(0, end);
  bytes_.erase(0, end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  const auto name_end = std::min(line.find_first_of(separators), line.size());
  const auto name = lower_case(std::string_view(line).substr(0, name_end));
  auto rest = std::string_view(line).substr(name_end);
  rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
  if (name == "ping") return NatsOperation{.kind = Kind::Ping};
  if (name == "pong") return NatsOperation{.kind = Kind::Pong};
  if (name == "+ok") return NatsOperation{.kind = Kind::Ok};
  if (name == "info") return NatsOperation{.kind = Kind::Info, .text = std::string(rest)};
  if (name == "-err")
    return NatsOperation{.kind = Kind::Error, .text = without_quotes(masked(std::string(rest), secrets_))};
  if (name != "msg" && name != "hmsg")
    throw NatsProtocolError(
        fmt::format("the unknown operation \"{}\"", shortened(masked(line, secrets_), 40)));
  begin_message(rest, name == "hmsg");
  return read_message();
}

// MSG subject sid [reply] size; HMSG subject sid [reply] headers size. The size is of headers and payload.
void NatsParser::begin_message(std::string_view arguments, bool with_headers) {
  const auto words = words_of(arguments);
  const std::size_t sizes = with_headers ? 2 : 1;
  if (words.size() != 2 + sizes && words.size() != 3 + sizes)
    throw NatsProtocolError(fmt::format("a message with {} arguments", words.size()));
  Expected expected;
  expected.message = {.kind = Kind::Message, .subject = std::string(words.front())};
  expected.size = read_size(words.back());
  expected.headers = with_headers ? read_size(words[words.size() - 2]) : 0;
  if (expected.headers > expected.size)
    throw NatsProtocolError(
        fmt::format("a message of {} bytes with headers of {} bytes", expected.size, expected.headers));
  expected_ = std::move(expected);
}

std::optional<NatsOperation> NatsParser::read_message() {
  if (bytes_.size() < expected_->size + 2) return std::nullopt;
  if (bytes_.compare(expected_->size, 2, "\r\n") != 0)
    throw NatsProtocolError("a message that is longer than its size");
  auto message = std::move(expected_->message);
  message.headers = bytes_.substr(0, expected_->headers);
  message.payload = bytes_.substr(expected_->headers, expected_->size - expected_->headers);
  bytes_.erase(0, expected_->size + 2);
  expected_.reset();
  return message;
}

NatsServerInfo read_info(const std::string& json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) throw NatsProtocolError("INFO without a JSON object");
  const auto flag = [&](const char* name) {
    const auto found = parsed.find(name);
    return found != parsed.end() && found->is_boolean() && found->get<bool>();
  };
  const auto text = [&](const char* name) {
    const auto found = parsed.find(name);
    return found != parsed.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  NatsServerInfo info;
  info.headers = flag("headers");
  info.jetstream = flag("jetstream");
  info.tls_required = flag("tls_required");
  info.tls_available = flag("tls_available");
  info.nonce = text("nonce");
  info.cluster = text("cluster");
  const auto payload = parsed.find("max_payload");
  if (payload != parsed.end() && payload->is_number_unsigned())
    info.max_payload = payload->get<std::size_t>();
  return info;
}

}  // namespace peo::nats
