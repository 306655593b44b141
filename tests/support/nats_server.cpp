#include "support/nats_server.hpp"

#include <csignal>
#include <stdexcept>
#include <thread>

namespace peo::test {
namespace {

void must(natsStatus status, const std::string& what) {
  if (status != NATS_OK) throw std::runtime_error(what + ": " + natsStatus_GetText(status));
}

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const auto finished = run(arguments);
  if (finished.status != 0) throw std::runtime_error("openssl " + arguments[1] + ": " + finished.err);
}

void make_authority(const std::filesystem::path& directory, const std::string& name) {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
           "-subj", "/CN=" + name, "-keyout", (directory / (name + ".key")).string(), "-out",
           (directory / (name + ".pem")).string()});
}

// Signed by the authority; for these names.
void make_certificate(const std::filesystem::path& directory, const std::string& name,
                      const std::string& authority, const std::string& names) {
  const auto file = [&](const std::string& end) { return (directory / (name + end)).string(); };
  write_file(file(".names"), "subjectAltName=" + names + "\n");
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
           "/CN=" + name, "-keyout", file(".key"), "-out", file(".csr")});
  openssl({"x509", "-req", "-in", file(".csr"), "-CA", (directory / (authority + ".pem")).string(), "-CAkey",
           (directory / (authority + ".key")).string(), "-set_serial", "2", "-days", "2", "-extfile",
           file(".names"), "-out", file(".pem")});
}

bool all_threads_stopped(int pid) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    const auto stat = read_file(task.path() / "stat");
    if (stat.at(stat.rfind(')') + 2) != 'T') return false;
  }
  return true;
}

ReceivedMessage received(natsMsg* message) {
  ReceivedMessage got;
  got.subject = natsMsg_GetSubject(message);
  got.payload.assign(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
  const char** keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &keys, &count) != NATS_OK) return got;
  for (int i = 0; i < count; ++i) {
    const char* value = nullptr;
    if (natsMsgHeader_Get(message, keys[i], &value) == NATS_OK) got.headers[keys[i]] = value;
  }
  std::free(keys);  // NOLINT(cppcoreguidelines-no-malloc): given by the library's malloc
  return got;
}

}  // namespace

NatsServer::NatsServer(NatsServerOptions options) : options_(std::move(options)), port_(free_port()) {
  if (options_.tls != NatsTls::Off) make_certificates();
  start();
}

void NatsServer::make_certificates() const {
  const auto& directory = directory_.path();
  make_authority(directory, "ca");
  make_authority(directory, "other");
  make_certificate(directory, "server", "ca",
                   options_.tls == NatsTls::WrongName ? "DNS:elsewhere.example,IP:192.0.2.1"
                                                      : "DNS:localhost,IP:127.0.0.1");
  make_certificate(directory, "client", "ca", "DNS:client.example");
  make_certificate(directory, "stranger", "other", "DNS:client.example");
}

std::string NatsServer::configuration() const {
  std::string text;
  if (options_.tls != NatsTls::Off) {
    text += "tls {\n  cert_file: \"" + (directory_ / "server.pem").string() + "\"\n  key_file: \"" +
            (directory_ / "server.key").string() + "\"\n" +
            (options_.tls == NatsTls::Mutual ? "  verify: true\n  ca_file: \"" + ca_file().string() + "\"\n"
                                             : "") +
            "}\n";
  }
  if (!options_.user.empty()) {
    const auto permissions =
        options_.permissions.empty() ? "" : ", permissions: {" + options_.permissions + "}";
    text += "authorization {\n  users = [{user: \"" + options_.user + "\", password: \"" + options_.password +
            "\"" + permissions + "}]\n}\n";
  } else if (!options_.token.empty()) {
    text += "authorization { token: \"" + options_.token + "\" }\n";
  }
  return text + options_.more + "\n";
}

void NatsServer::start() {
  if (process_ && process_->running()) return;
  write_file(directory_ / "server.conf", configuration());
  for (int tries = 0;; ++tries) {
    std::vector<std::string> arguments{"setpriv", "--pdeathsig",
                                       "KILL",    "nats-server",
                                       "-a",      "127.0.0.1",
                                       "-p",      std::to_string(port_),
                                       "-c",      (directory_ / "server.conf").string()};
    if (options_.jetstream) {
      arguments.insert(arguments.end(), {"-js", "-sd", (directory_ / "jetstream").string()});
    }
    process_ = std::make_unique<Process>(std::move(arguments));
    if (process_->wait_for_err("Server is ready") && wait_for_port(port_)) return;
    const auto said = process_->err();
    const bool taken = said.find("address already in use") != std::string::npos;
    if (!taken || tries == 5) throw std::runtime_error("nats-server does not start: " + said);
    port_ = free_port();
  }
}

void NatsServer::stop() {
  process_->signal(SIGTERM);
  process_->wait();
}

void NatsServer::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

void NatsServer::restart() {
  stop();
  start();
}

void NatsServer::pause() {
  process_->signal(SIGSTOP);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!all_threads_stopped(process_->pid())) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("nats-server does not pause");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}
void NatsServer::resume() { process_->signal(SIGCONT); }

std::string NatsServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

std::string NatsServer::url() const {
  std::string url = options_.tls == NatsTls::Off ? "nats://" : "tls://";
  if (!options_.user.empty()) url += options_.user + ":" + options_.password + "@";
  if (!options_.token.empty()) url += options_.token + "@";
  return url + address();
}

std::string NatsServer::log() const { return process_->err(); }

NatsHandle nats_connect(const std::string& url, const std::filesystem::path& ca_file) {
  natsOptions* made = nullptr;
  must(natsOptions_Create(&made), "options");
  const std::unique_ptr<natsOptions, void (*)(natsOptions*)> options(made, natsOptions_Destroy);
  must(natsOptions_SetURL(made, url.c_str()), "url");
  must(natsOptions_SetMaxReconnect(made, -1), "reconnect");
  must(natsOptions_SetReconnectWait(made, 20), "reconnect");
  must(natsOptions_SetReconnectJitter(made, 1, 1), "reconnect");
  if (!ca_file.empty()) {
    must(natsOptions_SetSecure(made, true), "TLS");
    must(natsOptions_LoadCATrustedCertificates(made, ca_file.c_str()), "certificate authority");
  }
  natsConnection* connection = nullptr;
  must(natsConnection_Connect(&connection, made), "connect");
  return {connection, natsConnection_Destroy};
}

NatsSubscriber::NatsSubscriber(const std::string& url, const std::string& subject,
                               const std::filesystem::path& ca_file)
    : connection_(nats_connect(url, ca_file)) {
  must(natsConnection_Subscribe(&subscription_, connection_.get(), subject.c_str(), receive, this),
       "subscribe");
  const auto ended = [](void* closure) {
    auto* self = static_cast<NatsSubscriber*>(closure);
    const std::lock_guard lock(self->mutex_);
    self->ended_ = true;
    self->changed_.notify_all();
  };
  must(natsSubscription_SetOnCompleteCB(subscription_, ended, this), "subscribe");
  must(natsSubscription_SetPendingLimits(subscription_, -1, -1), "subscribe");
  must(natsConnection_FlushTimeout(connection_.get(), 10'000), "subscribe");
}

NatsSubscriber::~NatsSubscriber() {
  natsSubscription_Unsubscribe(subscription_);
  {
    // The last callback may still run, in a thread of the library.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [this] { return ended_; });
  }
  natsSubscription_Destroy(subscription_);
}

void NatsSubscriber::receive(natsConnection* /*connection*/, natsSubscription* /*subscription*/,
                             natsMsg* message, void* closure) {
  auto* self = static_cast<NatsSubscriber*>(closure);
  auto got = received(message);
  natsMsg_Destroy(message);
  const std::lock_guard lock(self->mutex_);
  self->messages_.push_back(std::move(got));
  self->changed_.notify_all();
}

bool NatsSubscriber::wait_for(std::size_t count, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return messages_.size() >= count; });
}

std::vector<ReceivedMessage> NatsSubscriber::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

JetStream::JetStream(const std::string& url) : connection_(nats_connect(url)) {
  must(natsConnection_JetStream(&context_, connection_.get(), nullptr), "JetStream");
}

JetStream::~JetStream() { jsCtx_Destroy(context_); }

void JetStream::add_stream(const std::string& name, const std::string& subject, std::int64_t most_messages,
                           bool refuse_more) {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  const char* subjects[] = {subject.c_str()};
  config.Name = name.c_str();
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.MaxMsgs = most_messages;
  config.Discard = refuse_more ? js_DiscardNew : js_DiscardOld;
  must(js_AddStream(nullptr, context_, &config, nullptr, nullptr), "add stream " + name);
}

void JetStream::delete_stream(const std::string& name) {
  must(js_DeleteStream(context_, name.c_str(), nullptr, nullptr), "delete stream " + name);
}

std::vector<ReceivedMessage> JetStream::messages(const std::string& stream) {
  jsStreamInfo* info = nullptr;
  must(js_GetStreamInfo(&info, context_, stream.c_str(), nullptr, nullptr), "stream " + stream);
  const auto first = info->State.FirstSeq;
  const auto last = info->State.LastSeq;
  jsStreamInfo_Destroy(info);
  std::vector<ReceivedMessage> list;
  for (auto i = first; i != 0 && i <= last; ++i) {
    natsMsg* message = nullptr;
    must(js_GetMsg(&message, context_, stream.c_str(), i, nullptr, nullptr), "message of " + stream);
    list.push_back(received(message));
    natsMsg_Destroy(message);
  }
  return list;
}

}  // namespace peo::test
