#include "nats/nats_connection.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/identifiers.hpp"
#include "base/version.hpp"

namespace peo::nats {
namespace {

using Kind = NatsOperation::Kind;

bool starts_with_tls(const std::string& server) { return server.rfind("tls://", 0) == 0; }

std::pair<std::string, std::string> host_and_port(const std::string& address) {
  const auto colon = address.rfind(':');
  const auto bracket = address.rfind(']');
  const bool with_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  auto host = with_port ? address.substr(0, colon) : address;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return {host, with_port ? address.substr(colon + 1) : "4222"};
}

// Unguessable, so that only the services of the server respond there.
std::string random_word() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw Error::internal("OpenSSL returned no random bytes");
  std::string word;
  for (const auto byte : bytes) word += fmt::format("{:02x}", byte);
  return word;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// "NATS/1.0 503": there are no subscribers to the request's subject.
bool is_no_responders(const std::string& headers) { return headers.starts_with("NATS/1.0 503"); }

}  // namespace

std::string address_of(const std::string& server) {
  const auto scheme = server.find("://");
  auto address = scheme == std::string::npos ? server : server.substr(scheme + 3);
  const auto user = address.rfind('@');  // none is expected; none is ever shown
  return user == std::string::npos ? address : address.substr(user + 1);
}

NatsConnection::NatsConnection(const NatsOptions& options, const std::string& server,
                               const Cancellation& stop)
    : who_("NATS at " + address_of(server)),
      server_(address_of(server)),
      setting_(options.setting),
      stop_(stop),
      socket_(host_and_port(server_).first, host_and_port(server_).second, who_, stop),
      parser_({options.password, options.token, options.nkey_seed}) {
  NatsDeadline deadline(stop_);
  const auto greeting = read(deadline);
  if (!greeting) throw Error::retry(who_ + ": the server doesn't respond");
  if (greeting->kind == Kind::Error) fail(greeting->text);
  if (greeting->kind != Kind::Info)
    throw Error::retry(who_ + ": the server doesn't start with INFO",
                       "Check that " + setting_ + " is set to a NATS server.");
  if (options.tls || starts_with_tls(server)) {
    start_tls(options);
  } else if (info_.tls_required) {
    throw Error::configuration(who_ + " requires TLS", "Use tls:// in " + setting_ + ".");
  }
  if (!info_.headers) {
    throw Error::configuration(who_ + " doesn't support message headers",
                               "Use a server of version 2.2 or later, with headers enabled.");
  }
  log_in(options);
}

void NatsConnection::start_tls(const NatsOptions& options) {
  if (!info_.tls_required && !info_.tls_available) {
    throw Error::configuration(who_ + " doesn't offer TLS, but TLS is set",
                               "Use nats:// in " + setting_ + ", or enable TLS in the server.");
  }
  // Cleartext bytes that are read as if they had arrived through TLS could be injected.
  if (!parser_.empty()) throw Error::retry(who_ + ": the server sent more than INFO before TLS");
  socket_.start_tls(options);
}

std::string NatsConnection::connect_line(const NatsOptions& options) const {
  nlohmann::json connect{
      {"verbose", false},   {"pedantic", false},          {"lang", "C++"},   {"protocol", 1},
      {"version", version}, {"name", options.name},       {"headers", true}, {"no_responders", true},
      {"echo", true},       {"tls_required", options.tls}};
  if (!options.user.empty() || !options.password.empty()) {
    connect["user"] = options.user;
    connect["pass"] = options.password;
  }
  if (!options.token.empty()) connect["auth_token"] = options.token;
  if (const auto key = read_key(options); key.exists()) {
    if (key.jwt.empty()) {
      connect["nkey"] = key.public_key;
    } else {
      connect["jwt"] = key.jwt;
    }
    if (!info_.nonce.empty()) connect["sig"] = key.signature(info_.nonce);
  }
  return "CONNECT " + connect.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\r\n";
}

// The server doesn't confirm a login, so the response to a PING does. The subscription is for all responses.
void NatsConnection::log_in(const NatsOptions& options) {
  inbox_ = "_INBOX." + random_word() + ".";
  ++pings_;
  // In one send: after a refusal the server closes the connection, and a second send could lose its reason.
  send(connect_line(options) + "PING\r\n");
  wait_for_pong();
  send("SUB " + inbox_ + "* 1\r\n");
}

bool NatsConnection::connected() {
  try {
    handle_received();
    return true;
  } catch (const Error&) {
    return false;  // of a connection that isn't used: it is opened again
  }
}

void NatsConnection::handle_received() {
  parser_.add(socket_.receive_now());
  while (const auto operation = parse()) handle(*operation);
}

// A server that closes the connection sends the reason first.
void NatsConnection::send(std::string_view bytes) {
  try {
    socket_.send(bytes);
  } catch (const Error&) {
    handle_received();
    throw;
  }
}

std::uint64_t NatsConnection::ping() {
  send("PING\r\n");
  return ++pings_;
}

std::optional<NatsOperation> NatsConnection::parse() {
  try {
    auto operation = parser_.next();
    if (operation && operation->kind == Kind::Info) info_ = read_info(operation->text);
    return operation;
  } catch (const NatsProtocolError& error) {
    throw Error::retry(
        fmt::format("{}: the server doesn't follow the NATS protocol ({})", who_, error.what()),
        "Check that " + setting_ + " is set to a NATS server.");
  }
}

std::optional<NatsOperation> NatsConnection::read(NatsDeadline& deadline) {
  while (true) {
    if (auto operation = parse()) return operation;
    const auto bytes = socket_.receive(deadline);
    if (bytes.empty()) return std::nullopt;
    parser_.add(bytes);
  }
}

// Handles operations that may arrive at any time. Messages are those of the subscription, or responses; a
// response that is no longer awaited is dropped.
void NatsConnection::handle(const NatsOperation& operation) {
  if (operation.kind == Kind::Ping) socket_.send("PONG\r\n");
  if (operation.kind == Kind::Pong) ++pongs_;
  if (operation.kind == Kind::Message && on_message_ && !operation.subject.starts_with(inbox_))
    on_message_(operation.payload);
  if (operation.kind != Kind::Error) return;
  // The connection survives a refusal, and ends after any other error.
  if (!lower_case(operation.text).starts_with("permissions violation")) fail(operation.text);
  refusal_ = operation.text;
  if (contains(refusal_, '"' + inbox_)) inbox_refused_ = true;
}

void NatsConnection::fail(const std::string& server_says) const {
  const auto text = lower_case(server_says);
  const auto quoted = shortened(server_says, 200);
  if (contains(text, "authorization violation") || contains(text, "user authentication") ||
      contains(text, "account authentication")) {
    throw Error::permission(fmt::format("{} refused the user ({})", who_, quoted),
                            "Check the user, the password or the token in " + setting_ +
                                ", or the key in NATS_CREDENTIALS_FILE or NATS_NKEY_SEED.");
  }
  if (contains(text, "maximum payload")) {
    throw Error::configuration(who_ + ": the message is larger than the server's limit",
                               "Raise max_payload in the server's configuration.");
  }
  if (contains(text, "tls required"))
    throw Error::configuration(who_ + " requires TLS", "Use tls:// in " + setting_ + ".");
  throw Error::retry(fmt::format("{} closed the connection (\"{}\")", who_, quoted));
}

void NatsConnection::write(const std::string& subject, const std::string& reply, const NatsHeaders& headers,
                           std::string_view payload) {
  std::string head = "NATS/1.0\r\n";
  for (const auto& [name, value] : headers) head += fmt::format("{}: {}\r\n", name, value);
  head += "\r\n";
  if (headers.empty()) head.clear();
  const auto size = head.size() + payload.size();
  if (info_.max_payload != 0 && size > info_.max_payload) fail("maximum payload");
  auto bytes =
      headers.empty()
          ? fmt::format("PUB {} {}{}{}\r\n", subject, reply, reply.empty() ? "" : " ", size)
          : fmt::format("HPUB {} {}{}{} {}\r\n", subject, reply, reply.empty() ? "" : " ", head.size(), size);
  bytes += head;
  bytes += payload;
  bytes += "\r\n";
  send(bytes);
}

void NatsConnection::publish(const std::string& subject, const NatsHeaders& headers,
                             std::string_view payload) {
  write(subject, "", headers, payload);
}

void NatsConnection::flush() {
  ping();
  wait_for_pong();
}

void NatsConnection::wait_for_pong() {
  NatsDeadline deadline(stop_);
  while (pongs_ < pings_) {
    const auto operation = read(deadline);
    if (!operation) throw Error::retry(who_ + ": the server doesn't respond");
    handle(*operation);
  }
}

void NatsConnection::subscribe(const std::string& subject, OnMessage on_message) {
  on_message_ = std::move(on_message);
  refusal_.clear();
  send("SUB " + subject + " 2\r\n");
  flush();
  if (!refused_anything()) return;
  throw Error::permission(
      fmt::format("{}: this user may not subscribe to {}", who_, shortened(subject, 200)),
      "Grant the user the permission to subscribe to it, or set another user in " + setting_ + ".");
}

void NatsConnection::listen(std::chrono::milliseconds time) {
  NatsDeadline deadline(stop_, time);
  while (const auto operation = read(deadline)) handle(*operation);
}

NatsReply NatsConnection::request(const std::string& subject, const NatsHeaders& headers,
                                  std::string_view payload) {
  const auto inbox = inbox_ + std::to_string(++requests_);
  refusal_.clear();
  write(subject, inbox, headers, payload);
  // The server responds to this after it has handled the request: a refusal is known then, without waiting
  // for the timeout.
  const auto mine = ping();
  NatsDeadline deadline(stop_);
  while (!(pongs_ >= mine && refused_anything())) {
    const auto operation = read(deadline);
    if (!operation) break;
    handle(*operation);
    if (operation->kind != Kind::Message || operation->subject != inbox) continue;
    if (is_no_responders(operation->headers)) return {NatsReply::Kind::NoResponders};
    return {NatsReply::Kind::Answer, operation->payload};
  }
  return {};
}

bool NatsConnection::has_wildcard_subscriber() {
  return request("_INBOX." + random_word(), {}, "").kind == NatsReply::Kind::Timeout && !refused_anything();
}

bool NatsConnection::refused(const std::string& subject) const {
  return contains(refusal_, '"' + subject + '"');
}

// The server checks the permission to publish first, then refuses the message anyway, because its reply
// subject is reserved for servers (isReservedReply in nats-server's client.go). The header makes servers
// before 2.2, which don't check that, refuse the message too.
NatsConnection::MayPublish NatsConnection::may_publish(const std::string& subject) {
  constexpr const char* reserved_inbox = "_R_.paper-engine-orders-check";
  refusal_.clear();
  write(subject, reserved_inbox, {{"Paper-Engine-Check", "1"}}, "");
  flush();
  if (refused(subject)) return MayPublish::No;
  return contains(refusal_, reserved_inbox) ? MayPublish::Yes : MayPublish::Unknown;
}

Error NatsConnection::refusal(const std::string& subject) const {
  return Error::permission(
      fmt::format("{}: this user may not publish on {}", who_, shortened(subject, 200)),
      "Grant the user the permission to publish on it, or set another user in " + setting_ + ".");
}

}  // namespace peo::nats
