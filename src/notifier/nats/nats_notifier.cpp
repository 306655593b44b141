#include "notifier/nats/nats_notifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"

namespace peo::notifier {
namespace {

constexpr std::size_t window = 500;              // core messages between two flushes
constexpr auto grace = std::chrono::seconds(1);  // after a stop was asked for
constexpr std::size_t most_subjects = 1000;      // remembered with their streams
constexpr const char* id_header = "Nats-Msg-Id";
constexpr const char* position_header = "Paper-Engine-Outbox-Position";

using Msg = std::unique_ptr<natsMsg, void (*)(natsMsg*)>;

Msg make(const Message& message, const NatsConnection& connection) {
  if (message.payload.size() > std::numeric_limits<int>::max())
    throw connection.failure(NATS_MAX_PAYLOAD, "publish");
  natsMsg* made = nullptr;
  auto status = natsMsg_Create(&made, message.subject.c_str(), nullptr, message.payload.data(),
                               static_cast<int>(message.payload.size()));
  Msg msg(made, natsMsg_Destroy);
  if (status == NATS_OK) status = natsMsgHeader_Set(made, id_header, message.id.c_str());
  if (status == NATS_OK)
    status = natsMsgHeader_Set(made, position_header, std::to_string(message.position).c_str());
  if (status != NATS_OK) throw connection.failure(status, "making a message");
  return msg;
}

// The server has no JetStream, or not for this account.
bool without_jetstream(natsStatus status, jsErrCode code) {
  return status == NATS_NO_RESPONDERS || code == JSNotEnabledErr || code == JSNotEnabledForAccountErr;
}

// The stream answered, but not with an acknowledgement.
Error not_kept(const NatsConnection& connection, const std::string& stream, natsStatus status,
               jsErrCode code) {
  const auto what = fmt::format("NATS at {}: the JetStream stream {} did not keep the message",
                                connection.server(), shortened(stream));
  if (status == NATS_TIMEOUT) {
    return Error::retry(what + " in time",
                        "Look whether the stream has a leader and acknowledges (no_ack must be off).");
  }
  if (code == JSStreamMessageExceedsMaximumErr || code == JSStreamSealedErr) {
    return Error::configuration(fmt::format("{} (JetStream error {})", what, static_cast<int>(code)),
                                "Raise the stream's max_msg_size, or use a stream that isn't sealed.");
  }
  if (code != 0) {
    return Error::retry(fmt::format("{} (JetStream error {})", what, static_cast<int>(code)),
                        "Look at the stream's limits and at the server's log.");
  }
  return connection.failure(status, "publish");
}

}  // namespace

NatsNotifier::NatsNotifier(NatsOptions options, const Cancellation& stop)
    : options_(std::move(options)), stop_(stop) {
  if (options_.servers.empty()) throw Error::configuration("NATS names no server");
  const auto secure = [](const std::string& server) { return server.rfind("tls://", 0) == 0; };
  // TLS to one server and the password in the clear to the next would protect nothing.
  options_.tls = options_.tls || std::any_of(options_.servers.begin(), options_.servers.end(), secure);
}

std::string NatsNotifier::describe() const {
  std::string list;
  for (const auto& server : options_.servers) list += (list.empty() ? "" : ", ") + address_of(server);
  return "NATS at " + list;
}

std::string NatsNotifier::check(const std::string& subject) {
  check_subject(subject);
  try {
    began_ = Clock::now();
    connect();
    flush();
    const auto& stream = stream_of(subject);
    const auto may = connection_->may_publish(subject);
    if (may == NatsConnection::MayPublish::No) throw connection_->refusal(subject);
    return fmt::format("NATS at {} answers; {} {}; the subject is kept by {}.", connection_->server(),
                       may == NatsConnection::MayPublish::Yes
                           ? "this user may publish on"
                           : "whether this user may publish will show with the first message on",
                       subject, stream.empty() ? "no JetStream stream" : "the JetStream stream " + stream);
  } catch (Error& error) {
    connection_.reset();
    error.at(Step::Notify);
    throw;
  }
}

void NatsNotifier::send(std::span<const Message> messages, const Acknowledged& acknowledged) {
  began_ = Clock::now();
  try {
    connect();
    send_on_connection(messages, acknowledged);
  } catch (...) {
    // What was sent on it may still arrive; nothing that arrives later may be taken for an answer to the
    // next try.
    connection_.reset();
    throw;
  }
}

// A loader that may not come in at one server and can't reach the other must say the first: the second may
// pass.
void NatsNotifier::connect() {
  if (connection_ && connection_->connected()) return;
  connection_.reset();
  for (auto& [subject, keeper] : keepers_) keeper.current = false;
  std::optional<Error> worst;
  for (std::size_t i = 0; i < options_.servers.size(); ++i) {
    if (i != 0) give_up_when_stopped();
    try {
      connection_ = std::make_unique<NatsConnection>(
          options_, options_.servers[next_server_ % options_.servers.size()], stop_);
      log::info("Connected to NATS at {}.", connection_->server());
      return;
    } catch (const Error& error) {
      ++next_server_;
      if (!worst || worst->kind() == ErrorKind::Retry) worst.emplace(error);
    }
  }
  throw Error(*worst);
}

void NatsNotifier::send_on_connection(std::span<const Message> messages,
                                      const Acknowledged& acknowledged) {
  while (!messages.empty()) {
    give_up_when_stopped();
    if (!stream_of(messages.front().subject).empty()) {
      if (!send_kept(messages.front())) continue;  // there is no stream any more
      acknowledged(messages.first(1));
      messages = messages.subspan(1);
      continue;
    }
    std::size_t count = 1;
    while (count < std::min(messages.size(), window) &&
           (messages[count].subject == messages[count - 1].subject ||
            stream_of(messages[count].subject).empty())) {
      ++count;
    }
    send_core(messages.first(count));
    acknowledged(messages.first(count));
    messages = messages.subspan(count);
  }
}

void NatsNotifier::send_core(std::span<const Message> messages) {
  for (const auto& message : messages) {
    const auto msg = make(message, *connection_);
    const auto status = natsConnection_PublishMsg(connection_->get(), msg.get());
    if (status != NATS_OK) throw connection_->failure(status, "publish");
  }
  flush();
  for (const auto& message : messages) {
    if (connection_->refused(message.subject)) throw connection_->refusal(message.subject);
  }
}

bool NatsNotifier::send_kept(const Message& message) {
  const auto msg = make(message, *connection_);
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = nats_patience(stop_).count();
  jsPubAck* made = nullptr;
  jsErrCode code{};
  const auto status = js_PublishMsg(&made, connection_->jetstream(), msg.get(), &options, &code);
  const std::unique_ptr<jsPubAck, void (*)(jsPubAck*)> ack(made, jsPubAck_Destroy);
  if (status == NATS_OK) return true;  // also for a duplicate: the stream has it
  if (connection_->refused(message.subject)) throw connection_->refusal(message.subject);
  const auto stream = keepers_[message.subject].stream;
  if (status != NATS_NO_RESPONDERS) throw not_kept(*connection_, stream, status, code);
  keepers_[message.subject].current = false;
  if (!stream_of(message.subject).empty()) {
    throw Error::retry(fmt::format("NATS at {}: the JetStream stream {} takes no messages at the moment",
                                   connection_->server(), shortened(stream)));
  }
  return false;
}

// In growing pieces: a stop is seen between them, and an answer that takes long is still awaited.
void NatsNotifier::flush() {
  constexpr std::array<int, 4> pieces{250, 500, 1000, 1500};
  auto status = NATS_TIMEOUT;
  for (const auto milliseconds : pieces) {
    status = natsConnection_FlushTimeout(connection_->get(), milliseconds);
    if (status != NATS_TIMEOUT) break;
    give_up_when_stopped();
  }
  if (status != NATS_OK) throw connection_->failure(status, "waiting for the server's answer");
}

// A publish that begins after the stop is tried all the same: at the end of the program the outbox is sent.
void NatsNotifier::give_up_when_stopped() const {
  if (!stop_.requested()) return;
  if (Clock::now() - began_ > grace && stop_.asked_for() > grace)
    throw Error::retry(describe() + ": stopped before everything was acknowledged");
}

const std::string& NatsNotifier::stream_of(const std::string& subject) {
  const auto now = Clock::now();
  if (keepers_.size() > most_subjects) keepers_.clear();
  auto& keeper = keepers_[subject];
  const auto interval = keeper.refused ? 10 * lookup_interval_ : lookup_interval_;
  if (keeper.current && now - keeper.asked < interval) return keeper.stream;
  std::string stream;
  const auto found = look_up(subject, stream);
  learn(subject, keeper, found, stream);
  keeper.asked = now;
  keeper.current = true;
  return keeper.stream;
}

NatsNotifier::Found NatsNotifier::look_up(const std::string& subject, std::string& stream) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = nats_patience(stop_).count();
  options.Stream.Info.SubjectsFilter = subject.c_str();
  jsStreamNamesList* made = nullptr;
  jsErrCode code{};
  const auto status = js_StreamNames(&made, connection_->jetstream(), &options, &code);
  const std::unique_ptr<jsStreamNamesList, void (*)(jsStreamNamesList*)> names(made,
                                                                               jsStreamNamesList_Destroy);
  if (status == NATS_OK && names && names->Count > 0) {
    stream = names->List[0];
    return Found::Stream;
  }
  if (status == NATS_OK || status == NATS_NOT_FOUND) return Found::NoStream;
  if (connection_->refused_anything()) return Found::Refused;
  // Where JetStream is off, a subscriber of ">" receives the question, so that the server doesn't say that
  // nobody answers. What is sent past a stream that is only slow still lands in it: a stream takes what is
  // published on its subject.
  if (without_jetstream(status, code) || status == NATS_TIMEOUT) return Found::NoAnswer;
  throw connection_->failure(status, "asking for the stream of " + subject);
}

void NatsNotifier::learn(const std::string& subject, Keeper& keeper, Found found, const std::string& stream) {
  // A JetStream that is gone is not a stream that was removed: what is sent past it would be missing there.
  if (found == Found::NoAnswer && !keeper.stream.empty()) {
    throw Error::retry(
        fmt::format("NATS at {}: {} was kept by the JetStream stream {}, and JetStream doesn't answer",
                    connection_->server(), subject, shortened(keeper.stream)),
        "If JetStream was turned off for good, start the loader again.");
  }
  const bool changed =
      !keeper.known || keeper.stream != stream || keeper.refused != (found == Found::Refused);
  keeper.known = true;
  keeper.stream = stream;
  keeper.refused = found == Found::Refused;
  if (!changed) return;
  if (keeper.refused) {
    log::warning(
        "NATS: this user may not ask which JetStream stream keeps {}; messages are sent without a stream's "
        "acknowledgement. For it, allow to publish on $JS.API.STREAM.NAMES and to subscribe to _INBOX.>.",
        subject);
  } else if (stream.empty()) {
    log::info("NATS: subject {} is kept by no JetStream stream.", subject);
  } else {
    log::info("NATS: subject {} is kept by the JetStream stream {}.", subject, shortened(stream));
  }
}

}  // namespace peo::notifier
