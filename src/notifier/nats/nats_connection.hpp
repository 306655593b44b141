// One connection to one NATS server, never repaired: what is lost is opened anew by whoever needs it. So
// nothing is ever buffered for a server that is away, and nothing known of one server is believed of the
// next. Errors are peo::Error in words of our own: the library's texts may hold the URL with its password.
#pragma once
#include <nats/nats.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"

namespace peo::notifier {

struct NatsOptions {
  std::vector<std::string> servers;  // "host:port", "nats://host:port" or "tls://host:port"; no user in it
  std::string user, password;        // both empty: none
  std::string token;                 // empty: none
  bool tls = false;                  // also when one server says tls://
  std::string ca_file;               // PEM; empty: the system's certificate authorities
  std::string name = "paper-engine-orders";
};

// No wait in here is longer; shorter once a stop was asked for.
std::chrono::milliseconds nats_patience(const Cancellation& stop);

class NatsConnection {
 public:
  // Connects to `server`.
  NatsConnection(const NatsOptions& options, const std::string& server, const Cancellation& stop);

  natsConnection* get() const { return connection_.get(); }
  jsCtx* jetstream() const { return jetstream_.get(); }
  const std::string& server() const { return server_; }
  bool connected() const;

  // What the server said about a refusal to publish on this subject; empty when it said nothing. It stands on
  // the connection before the answer to a later flush does.
  bool refused(const std::string& subject) const;
  // The server refused something else: a lookup, an inbox.
  bool refused_anything() const;

  // Tries it, and nobody receives anything.
  enum class MayPublish { Yes, No, Unknown };
  MayPublish may_publish(const std::string& subject);

  // The error for a call that failed with this status, in terms of what to do next.
  Error failure(natsStatus status, const std::string& doing) const;
  Error refusal(const std::string& subject) const;

 private:
  std::string server_;
  std::unique_ptr<natsConnection, void (*)(natsConnection*)> connection_;
  std::unique_ptr<jsCtx, void (*)(jsCtx*)> jetstream_;
};

// "host:port" of a server as it stands in the options.
std::string address_of(const std::string& server);

}  // namespace peo::notifier
