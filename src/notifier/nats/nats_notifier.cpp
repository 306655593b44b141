#include "notifier/nats/nats_notifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "nats/nats_credentials.hpp"
#include "nats/nats_tls.hpp"

namespace peo::notifier {
namespace {

// Core messages between two flushes. In bytes, too: a slow network must carry them within the time that an
// answer may take.
constexpr std::size_t window = 500;
constexpr std::size_t window_bytes = 32UL * 1024;
constexpr auto grace = std::chrono::seconds(1);  // after a stop was asked for
constexpr std::size_t most_subjects = 1000;      // remembered with their streams
constexpr const char* stream_names = "$JS.API.STREAM.NAMES";

// JetStream's error codes (err_code), of nats-server's errors.json.
constexpr int not_enabled_for_account = 10039;
constexpr int message_exceeds_maximum = 10054;
constexpr int not_enabled = 10076;
constexpr int stream_sealed = 10109;

nats::NatsHeaders headers_of(const Message& message) {
  return {{"Nats-Msg-Id", message.id}, {"Paper-Engine-Outbox-Position", std::to_string(message.position)}};
}

// JetStream's answer; null for what isn't a JSON object.
nlohmann::json parsed(const std::string& answer) {
  auto json = nlohmann::json::parse(answer, nullptr, false);
  return json.is_object() ? json : nlohmann::json();
}

// 0: the answer is no error.
int error_code(const nlohmann::json& answer) {
  const auto error = answer.find("error");
  if (error == answer.end()) return 0;
  const auto code = error->is_object() ? error->find("err_code") : error->end();
  return error->is_object() && code != error->end() && code->is_number_integer() ? code->get<int>() : -1;
}

bool is_acknowledgement(const nlohmann::json& answer) {
  const auto stream = answer.find("stream");
  const auto sequence = answer.find("seq");
  return stream != answer.end() && stream->is_string() && sequence != answer.end() &&
         sequence->is_number_unsigned();
}

// The stream answered, but not with an acknowledgement.
Error not_kept(const nats::NatsConnection& connection, const std::string& stream,
               const nats::NatsReply& reply) {
  const auto what = fmt::format("NATS at {}: the JetStream stream {} did not keep the message",
                                connection.server(), shortened(stream));
  if (reply.kind == nats::NatsReply::Kind::Timeout) {
    return Error::retry(what + " in time",
                        "Check that the stream has a leader and acknowledges (no_ack must be off).");
  }
  const auto answer = parsed(reply.payload);
  const auto code = answer.is_null() ? 0 : error_code(answer);
  if (code == message_exceeds_maximum || code == stream_sealed) {
    return Error::configuration(fmt::format("{} (JetStream error {})", what, code),
                                "Raise the stream's max_msg_size, or use a stream that isn't sealed.");
  }
  return Error::retry(code == 0 ? what + " (the answer is no acknowledgement)"
                                : fmt::format("{} (JetStream error {})", what, code),
                      "Check the stream's limits and the server's log.");
}

}  // namespace

NatsNotifier::NatsNotifier(nats::NatsOptions options, const Cancellation& stop)
    : options_(std::move(options)), stop_(stop) {
  if (options_.servers.empty()) throw Error::configuration("NATS names no server");
  const auto secure = [](const std::string& server) { return server.rfind("tls://", 0) == 0; };
  // TLS to one server and the password in the clear to the next would protect nothing.
  options_.tls = options_.tls || std::any_of(options_.servers.begin(), options_.servers.end(), secure);
  nats::read_key(options_);
  if (options_.tls) nats::NatsTls(options_, "localhost", describe());
}

std::string NatsNotifier::describe() const {
  std::string list;
  for (const auto& server : options_.servers) list += (list.empty() ? "" : ", ") + nats::address_of(server);
  return "NATS at " + list;
}

void NatsNotifier::keep_alive() {
  if (connection_ && !connection_->connected()) connection_.reset();
}

std::string NatsNotifier::check(const std::string& subject) {
  check_subject(subject);
  try {
    began_ = Clock::now();
    connect();
    connection_->flush();
    const auto& stream = stream_of(subject);
    const auto may = connection_->may_publish(subject);
    if (may == nats::NatsConnection::MayPublish::No) throw connection_->refusal(subject);
    return fmt::format("NATS at {} answers; {} {}; the subject is kept by {}.", connection_->server(),
                       may == nats::NatsConnection::MayPublish::Yes
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
  if (options_.renew) options_.renew(options_);
  for (auto& [subject, keeper] : keepers_) keeper.current = false;
  std::optional<Error> worst;
  for (std::size_t i = 0; i < options_.servers.size(); ++i) {
    if (i != 0) give_up_when_stopped();
    try {
      connection_ = std::make_unique<nats::NatsConnection>(
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

void NatsNotifier::send_on_connection(std::span<const Message> messages, const Acknowledged& acknowledged) {
  while (!messages.empty()) {
    give_up_when_stopped();
    std::size_t count = 1;
    if (!stream_of(messages.front().subject).empty()) {
      if (!send_kept(messages.front())) continue;  // there is no stream any more
    } else {
      auto bytes = messages.front().payload.size();
      while (count < std::min(messages.size(), window) &&
             (bytes += messages[count].payload.size()) <= window_bytes &&
             (messages[count].subject == messages[count - 1].subject ||
              stream_of(messages[count].subject).empty())) {
        ++count;
      }
      send_core(messages.first(count));
    }
    acknowledged(messages.first(count));
    messages = messages.subspan(count);
  }
}

void NatsNotifier::send_core(std::span<const Message> messages) {
  for (const auto& message : messages)
    connection_->publish(message.subject, headers_of(message), message.payload);
  connection_->flush();
  for (const auto& message : messages) {
    if (connection_->refused(message.subject)) throw connection_->refusal(message.subject);
  }
}

bool NatsNotifier::send_kept(const Message& message) {
  const auto reply = connection_->request(message.subject, headers_of(message), message.payload);
  if (reply.kind == nats::NatsReply::Kind::Answer) {
    const auto answer = parsed(reply.payload);
    // Also for a duplicate: the stream has it.
    if (!answer.is_null() && error_code(answer) == 0 && is_acknowledgement(answer)) return true;
  }
  if (connection_->refused(message.subject)) throw connection_->refusal(message.subject);
  const auto stream = keepers_[message.subject].stream;
  if (reply.kind != nats::NatsReply::Kind::NoResponders) throw not_kept(*connection_, stream, reply);
  keepers_[message.subject].current = false;
  if (!stream_of(message.subject).empty()) {
    throw Error::retry(fmt::format("NATS at {}: the JetStream stream {} takes no messages at the moment",
                                   connection_->server(), shortened(stream)));
  }
  return false;
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
  const auto reply = connection_->request(stream_names, {}, nlohmann::json{{"subject", subject}}.dump());
  if (reply.kind != nats::NatsReply::Kind::Answer) return without_answer(subject, reply.kind);
  const auto answer = parsed(reply.payload);
  const auto code = error_code(answer);
  if (code == not_enabled || code == not_enabled_for_account) return Found::NoJetStream;
  const auto names = answer.find("streams");
  const bool is_list = names != answer.end() && (names->is_array() || names->is_null());
  if (code != 0 || !is_list) {
    throw Error::retry(
        fmt::format("NATS at {}: asking JetStream for the stream of {} failed{}", connection_->server(),
                    subject, code > 0 ? fmt::format(" (JetStream error {})", code) : ""),
        "Check the server's log.");
  }
  if (names->empty()) return Found::NoStream;
  if (!names->front().is_string())
    throw Error::retry(
        fmt::format("NATS at {}: JetStream's list of streams can't be read", connection_->server()));
  stream = names->front().get<std::string>();
  return Found::Stream;
}

// A server without JetStream says that nobody answers; but not where somebody subscribes to everything and so
// receives the question. One with JetStream is silent while its cluster has no leader, and so may be one
// without, if another server of its cluster has JetStream.
NatsNotifier::Found NatsNotifier::without_answer(const std::string& subject, nats::NatsReply::Kind kind) {
  if (connection_->refused_anything()) return Found::Refused;
  const auto& info = connection_->info();
  const bool nobody = kind == nats::NatsReply::Kind::NoResponders;
  if (!info.jetstream && (nobody || (info.cluster.empty() && connection_->somebody_hears_everything())))
    return Found::NoJetStream;
  throw Error::retry(
      fmt::format("NATS at {}: JetStream doesn't tell which stream keeps {}", connection_->server(), subject),
      info.jetstream
          ? "Check that JetStream has a leader."
          : "Name a server with JetStream in NATS. If the cluster has none, end the subscription to > that "
            "receives JetStream's requests.");
}

void NatsNotifier::learn(const std::string& subject, Keeper& keeper, Found found, const std::string& stream) {
  // A JetStream that is gone is not a stream that was removed: what is sent past it would be missing there.
  if (found == Found::NoJetStream && !keeper.stream.empty()) {
    throw Error::retry(
        fmt::format("NATS at {}: {} was kept by the JetStream stream {}, and JetStream doesn't answer",
                    connection_->server(), subject, shortened(keeper.stream)),
        "If JetStream was turned off permanently, restart the loader.");
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
