// Parses the server's side of the NATS client protocol: bytes in, operations out. No socket, no clock.
//
// The input comes from a server that may be broken or hostile. A wrong size, a line or message that is too
// long, and an unknown operation cause a NatsProtocolError, after which the connection must be closed. Memory
// is bounded by the two limits.
#pragma once
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peo::nats {

// The text is for a log: text from the server is escaped, and secrets are masked.
class NatsProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct NatsOperation {
  enum class Kind { Info, Message, Ping, Pong, Ok, Error };
  Kind kind{};
  std::string text{};     // of Info: JSON; of Error: the server's message without the quotes
  std::string subject{};  // of a Message
  std::string headers{};  // of a Message: "NATS/1.0 503\r\n…\r\n\r\n"; empty: none
  std::string payload{};  // of a Message
};

class NatsParser {
 public:
  static constexpr std::size_t longest_line = 64UL * 1024;  // INFO lists the servers of a cluster
  static constexpr std::size_t largest_message =
      1024UL * 1024;  // a JetStream response is at most a page of names

  // `secrets`: masked if the server echoes them in an error.
  explicit NatsParser(std::vector<std::string> secrets = {}) : secrets_(std::move(secrets)) {}

  void add(std::string_view bytes) { bytes_.append(bytes); }
  std::optional<NatsOperation> next();  // nothing: more bytes are needed
  bool empty() const { return bytes_.empty(); }

 private:
  std::optional<NatsOperation> read_line();
  std::optional<NatsOperation> read_message();
  void begin_message(std::string_view arguments, bool with_headers);

  std::vector<std::string> secrets_;
  std::string bytes_;
  struct Expected {
    NatsOperation message;
    std::size_t headers = 0, size = 0;  // bytes: of the headers, of headers and payload
  };
  std::optional<Expected> expected_;  // the line has been read, the rest is awaited
};

// The fields of INFO that the client uses.
struct NatsServerInfo {
  bool headers = false;
  bool jetstream = false;  // of this server; others of its cluster may have it
  bool tls_required = false, tls_available = false;
  std::size_t max_payload = 0;  // 0: unknown
  std::string nonce;            // to be signed by a client with a key
  std::string cluster;          // empty: not clustered
};
NatsServerInfo read_info(const std::string& json);

}  // namespace peo::nats
