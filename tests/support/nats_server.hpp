// A throw-away NATS server for tests: on a free port of 127.0.0.1, with its own directory. It ends with the
// object, and with the test program when that is killed. Beside it a subscriber that collects, and a hand on
// JetStream.
//
//   NatsServer server({.jetstream = true});
//   NatsSubscriber subscriber(server.url(), "paper-engine.>");
//   … EXPECT_TRUE(subscriber.wait_for(1));
#pragma once
#include <nats/nats.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

enum class NatsTls {
  Off,
  On,
  WrongName,  // the certificate is for another host
  Mutual,     // clients must have a certificate
};

struct NatsServerOptions {
  bool jetstream = false;
  std::string user{}, password{};  // empty: everybody may come in
  std::string token{};
  NatsTls tls = NatsTls::Off;
  std::string permissions{};  // of `user`, in the server's configuration language: "publish: {deny: \"a.b\"}"
  std::string more{};         // further lines of the configuration file
};

class NatsServer {
 public:
  explicit NatsServer(NatsServerOptions options = {});
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  void stop();     // as an operator would
  void kill();     // as a crash would
  void start();    // on the same port, with the same JetStream directory
  void restart();  // stop and start
  void pause();    // it keeps its connections and answers nothing
  void resume();

  int port() const { return port_; }
  std::string address() const;  // "127.0.0.1:4222"
  std::string url() const;      // nats://user:password@…, or tls://…
  std::filesystem::path ca_file() const { return directory_ / "ca.pem"; }           // signed the server's
  std::filesystem::path other_ca_file() const { return directory_ / "other.pem"; }  // did not
  // `name`.pem and `name`.key: "client", whom a Mutual server accepts, and "stranger", whom it doesn't.
  std::filesystem::path file(const std::string& name) const { return directory_ / name; }
  std::string log() const;

  NatsServerOptions& options() { return options_; }  // take effect with the next start

 private:
  void make_certificates() const;
  std::string configuration() const;

  NatsServerOptions options_;
  TempDir directory_;
  int port_;
  std::unique_ptr<Process> process_;
};

using NatsHandle = std::unique_ptr<natsConnection, void (*)(natsConnection*)>;
NatsHandle nats_connect(const std::string& url, const std::filesystem::path& ca_file = {});

struct ReceivedMessage {
  std::string subject, payload;
  std::map<std::string, std::string> headers;
};

class NatsSubscriber {
 public:
  // Subscribed on the server when this returns.
  NatsSubscriber(const std::string& url, const std::string& subject,
                 const std::filesystem::path& ca_file = {});
  NatsSubscriber(const NatsSubscriber&) = delete;
  NatsSubscriber& operator=(const NatsSubscriber&) = delete;
  ~NatsSubscriber();

  bool wait_for(std::size_t count, std::chrono::milliseconds timeout = std::chrono::seconds(20));
  std::vector<ReceivedMessage> messages() const;

 private:
  static void receive(natsConnection*, natsSubscription*, natsMsg* message, void* closure);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ReceivedMessage> messages_;
  bool ended_ = false;
  NatsHandle connection_;
  natsSubscription* subscription_ = nullptr;
};

class JetStream {
 public:
  explicit JetStream(const std::string& url);
  JetStream(const JetStream&) = delete;
  JetStream& operator=(const JetStream&) = delete;
  ~JetStream();

  void add_stream(const std::string& name, const std::string& subject, std::int64_t most_messages = -1,
                  bool refuse_more = false);
  void delete_stream(const std::string& name);
  std::vector<ReceivedMessage> messages(const std::string& stream);

 private:
  NatsHandle connection_;
  jsCtx* context_ = nullptr;
};

}  // namespace peo::test
