#include "notifier/nats/nats_connection.hpp"

#include <fmt/format.h>

namespace peo::notifier {
namespace {

constexpr std::int64_t flush_milliseconds = 2'000;

using Options = std::unique_ptr<natsOptions, void (*)(natsOptions*)>;

void must(natsStatus status, const char* what) {
  if (status == NATS_OK) return;
  if (status == NATS_NO_MEMORY) throw std::bad_alloc();
  throw Error::configuration(fmt::format("NATS: {} is not accepted ({})", what, natsStatus_GetText(status)),
                             "Correct NATS.");
}

// The library's own handler prints to standard error. What there is to know is asked for after each flush.
void ignore_error(natsConnection*, natsSubscription*, natsStatus, void*) {}

bool starts_with_tls(const std::string& server) { return server.rfind("tls://", 0) == 0; }

void set_credentials(natsOptions* options, const NatsOptions& wanted) {
  if (!wanted.user.empty() || !wanted.password.empty())
    must(natsOptions_SetUserInfo(options, wanted.user.c_str(), wanted.password.c_str()), "user and password");
  if (!wanted.token.empty()) must(natsOptions_SetToken(options, wanted.token.c_str()), "the token");
}

void set_tls(natsOptions* options, const NatsOptions& wanted, const std::string& server) {
  if (!wanted.tls && !starts_with_tls(server)) return;
  must(natsOptions_SetSecure(options, true), "TLS");  // tls:// alone would connect in the clear
  if (wanted.ca_file.empty()) return;
  if (natsOptions_LoadCATrustedCertificates(options, wanted.ca_file.c_str()) != NATS_OK) {
    throw Error::configuration(
        fmt::format("NATS: can't read certificate authorities from {}", shortened(wanted.ca_file, 200)),
        "Give the path of a PEM file that this user may read.");
  }
}

Options options_for(const NatsOptions& wanted, const std::string& server, const Cancellation& stop) {
  natsOptions* made = nullptr;
  must(natsOptions_Create(&made), "a new connection");
  Options options(made, natsOptions_Destroy);
  const char* url = server.c_str();
  must(natsOptions_SetServers(made, &url, 1), "the server's address");
  set_credentials(made, wanted);
  set_tls(made, wanted, server);
  must(natsOptions_SetName(made, wanted.name.c_str()), "the connection's name");
  must(natsOptions_SetTimeout(made, nats_patience(stop).count()), "the timeout");
  must(natsOptions_SetWriteDeadline(made, nats_patience(stop).count()), "the write deadline");
  must(natsOptions_SetAllowReconnect(made, false), "no reconnect");
  must(natsOptions_SetIgnoreDiscoveredServers(made, true), "the list of servers");
  must(natsOptions_SetFailRequestsOnDisconnect(made, true), "failing requests");
  must(natsOptions_SetErrorHandler(made, ignore_error, nullptr), "the error handler");
  return options;
}

// What OpenSSL has against the server's certificate: the library gives "SSL handshake error:
// <number>:<reason>: depth=…". Empty when it is something else.
std::string certificate_problem(std::string_view text) {
  const auto end = text.find(":depth=");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end);
  return std::string(text.substr(text.rfind(':') + 1));
}

// The server's last -ERR. The library writes it in its reading thread, before it hands out the answer to a
// later PING.
std::string last_refusal(natsConnection* connection) {
  const char* text = nullptr;
  if (natsConnection_GetLastError(connection, &text) != NATS_NOT_PERMITTED || text == nullptr) return {};
  return text;
}

Error tls_failure(const std::string& who, const std::string& text) {
  const auto reason = certificate_problem(text);
  if (reason.empty()) return Error::retry(who + ": the TLS handshake failed");
  return Error::configuration(
      fmt::format("{}: the server's certificate is not accepted ({})", who, shortened(reason)),
      "Give the file of its certificate authority, and use a host name that stands in the certificate.");
}

}  // namespace

std::chrono::milliseconds nats_patience(const Cancellation& stop) {
  return stop.requested() ? std::chrono::seconds(1) : std::chrono::seconds(2);
}

std::string address_of(const std::string& server) {
  const auto scheme = server.find("://");
  auto address = scheme == std::string::npos ? server : server.substr(scheme + 3);
  const auto user = address.rfind('@');  // none is expected; none is ever shown
  return user == std::string::npos ? address : address.substr(user + 1);
}

NatsConnection::NatsConnection(const NatsOptions& options, const std::string& server,
                               const Cancellation& stop)
    : server_(address_of(server)),
      connection_(nullptr, natsConnection_Destroy),
      jetstream_(nullptr, jsCtx_Destroy) {
  const auto wanted = options_for(options, server, stop);
  natsConnection* made = nullptr;
  auto status = natsConnection_Connect(&made, wanted.get());
  connection_.reset(made);
  if (status != NATS_OK) throw failure(status, "connect");
  jsOptions js_options;
  jsOptions_Init(&js_options);
  js_options.Wait = nats_patience(stop).count();
  jsCtx* js = nullptr;
  status = natsConnection_JetStream(&js, made, &js_options);
  jetstream_.reset(js);
  if (status != NATS_OK) throw failure(status, "connect");
}

bool NatsConnection::connected() const {
  return natsConnection_Status(connection_.get()) == NATS_CONN_STATUS_CONNECTED;
}

bool NatsConnection::refused(const std::string& subject) const {
  return last_refusal(connection_.get()).find('"' + subject + '"') != std::string::npos;
}

bool NatsConnection::refused_anything() const { return !last_refusal(connection_.get()).empty(); }

// The server looks at the right to publish first, then refuses the message all the same, because the inbox
// for its answer lies where only servers' own may (isReservedReply in nats-server's client.go). The header
// keeps it from servers before 2.2, which don't look at inboxes so.
NatsConnection::MayPublish NatsConnection::may_publish(const std::string& subject) {
  constexpr const char* reserved_inbox = "_R_.paper-engine-orders-check";
  natsMsg* made = nullptr;
  auto status = natsMsg_Create(&made, subject.c_str(), reserved_inbox, "", 0);
  const std::unique_ptr<natsMsg, void (*)(natsMsg*)> message(made, natsMsg_Destroy);
  if (status == NATS_OK) status = natsMsgHeader_Set(made, "Paper-Engine-Check", "1");
  if (status == NATS_OK) status = natsConnection_PublishMsg(get(), made);
  if (status == NATS_OK) status = natsConnection_FlushTimeout(get(), flush_milliseconds);
  if (status != NATS_OK) throw failure(status, "publish");
  if (refused(subject)) return MayPublish::No;
  return last_refusal(get()).find(reserved_inbox) != std::string::npos ? MayPublish::Yes
                                                                       : MayPublish::Unknown;
}

Error NatsConnection::refusal(const std::string& subject) const {
  return Error::permission(
      fmt::format("NATS at {}: this user may not publish on {}", server_, shortened(subject, 200)),
      "Give the user the right to publish there, or name another user in NATS.");
}

Error NatsConnection::failure(natsStatus status, const std::string& doing) const {
  const auto who = fmt::format("NATS at {}", server_);
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
      return Error::permission(who + " refused the user",
                               "Check the user, the password or the token in NATS.");
    case NATS_SECURE_CONNECTION_WANTED:
      return Error::configuration(
          who + " offers no TLS, and TLS was asked for",
          "Use nats:// if the way to the server may be readable, or turn TLS on there.");
    case NATS_SECURE_CONNECTION_REQUIRED:
      return Error::configuration(who + " wants TLS", "Use tls:// in NATS.");
    case NATS_SSL_ERROR: {
      natsStatus ignored = NATS_OK;
      const char* text = nats_GetLastError(&ignored);
      return tls_failure(who, text == nullptr ? "" : text);
    }
    case NATS_MAX_PAYLOAD:
      return Error::configuration(who + ": the message is larger than the server accepts",
                                  "Raise max_payload in the server's configuration.");
    case NATS_NO_SERVER_SUPPORT:
      return Error::configuration(who + " knows no message headers",
                                  "Use a server of version 2.2 or later, with headers on.");
    case NATS_ADDRESS_MISSING:
    case NATS_INVALID_ARG:
      return Error::configuration(
          fmt::format("{}: {} is not possible ({})", who, doing, natsStatus_GetText(status)),
          "Correct NATS.");
    case NATS_NO_MEMORY:
      return Error::internal(who + ": out of memory");
    default:
      return Error::retry(
          fmt::format("{}: {} failed ({})", who, doing, natsStatus_GetText(status)),
          status == NATS_NO_SERVER ? "Is the server up, and is the address in NATS right?" : "");
  }
}

}  // namespace peo::notifier
