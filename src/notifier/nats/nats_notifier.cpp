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

// Core NATS messages between two flushes. Also limited in bytes: a slow network must transfer them within the
// response timeout.
constexpr std::size_t window = 500;
constexpr std::size_t window_bytes = 32UL * 1024;
constexpr auto grace = std::chrono::seconds(1);  // after a stop request
constexpr std::size_t most_subjects = 1000;      // cached with their streams
constexpr const char* stream_names = "$JS.API.STREAM.NAMES";

// JetStream's error codes (err_code), of nats-server's errors.json.
constexpr int not_enabled_for_account = 10039;
constexpr int message_exceeds_maximum = 10054;
constexpr int not_enabled = 10076;
constexpr int stream_sealed = 10109;

nats::NatsHeaders headers_of(const Message& message) {
  return {{"Nats-Msg-Id", message.id}, {"Paper-Engine-Outbox-Position", std::to_string(message.position)}};
}

// JetStream's response; null if it isn't a JSON object.
nlohmann::json parsed(const std::string& answer) {
  auto json = nlohmann::json::parse(answer, nullptr, false);
  return json.is_object() ? json : nlohmann::json();
}

// 0: the response is not an error.
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

// The stream responded, but not with an acknowledgement.
Error not_kept(const nats::NatsConnection& connection, const std::string& stream,
               const nats::NatsReply& reply) {
  const auto what = fmt::format("NATS at {}: the JetStream stream {} did not store the message",
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
  return Error::retry(code == 0 ? what + " (the response is not an acknowledgement)"
                                : fmt::format("{} (JetStream error {})", what, code),
                      "Check the stream's limits and the server's log.");
}

}  // namespace

NatsNotifier::NatsNotifier(nats::NatsOptions options, const Cancellation& stop)
    : options_(std::move(options)), stop_(stop) {
  if (options_.servers.empty()) throw Error::configuration("NATS contains no server");
  const auto secure = [](const std::string& server) { return server.rfind("tls://", 0) == 0; };
  // TLS to one server would protect nothing if the password were sent to the next in the clear.
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
    return fmt::format("NATS at {} responds; {} {}; the subject is captured by {}.", connection_->server(),
                       may == nats::NatsConnection::MayPublish::Yes
                           ? "this user may publish on"
                           : "it is unknown whether this user may publish on",
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
    // Messages sent on it may still arrive; nothing that arrives later may be mistaken for a response to the
    // next attempt.
    connection_.reset();
    throw;
  }
}

// If one server refuses the login and another is unreachable, report the refusal: the other error may be
// transient.
void NatsNotifier::connect() {
  if (connection_ && connection_->connected()) return;
  connection_.reset();
  if (options_.renew) options_.renew(options_);
  for (auto& [subject, keeper] : keepers_) keeper.current = false;
  std::optional<Error> worst;
  for (std::size_t i = 0; i < options_.servers.size(); ++i) {
    if (i != 0) throw_if_stopped();
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
    throw_if_stopped();
    std::size_t count = 1;
    if (!stream_of(messages.front().subject).empty()) {
      if (!send_kept(messages.front())) continue;  // the stream no longer exists
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
    throw Error::retry(fmt::format("NATS at {}: the JetStream stream {} accepts no messages at the moment",
                                   connection_->server(), shortened(stream)));
  }
  return false;
}

// A publish that starts after the stop is attempted nevertheless: the outbox is sent at the end of the
// program.
void NatsNotifier::throw_if_stopped() const {
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
        fmt::format("NATS at {}: can't look up the JetStream stream of {}{}", connection_->server(), subject,
                    code > 0 ? fmt::format(" (JetStream error {})", code) : ""),
        "Check the server's log.");
  }
  if (names->empty()) return Found::NoStream;
  if (!names->front().is_string())
    throw Error::retry(
        fmt::format("NATS at {}: JetStream's list of streams is invalid", connection_->server()));
  stream = names->front().get<std::string>();
  return Found::Stream;
}

// A server without JetStream responds "no responders", unless a subscriber to everything receives the
// request. A server with JetStream doesn't respond while its cluster has no leader; neither may one without,
// if another server of its cluster has JetStream.
NatsNotifier::Found NatsNotifier::without_answer(const std::string& subject, nats::NatsReply::Kind kind) {
  if (connection_->refused_anything()) return Found::Refused;
  const auto& info = connection_->info();
  const bool nobody = kind == nats::NatsReply::Kind::NoResponders;
  if (!info.jetstream && (nobody || (info.cluster.empty() && connection_->has_wildcard_subscriber())))
    return Found::NoJetStream;
  throw Error::retry(fmt::format("NATS at {}: JetStream doesn't report which stream captures {}",
                                 connection_->server(), subject),
                     info.jetstream ? "Check that JetStream has a leader."
                                    : "Set NATS to a server with JetStream. If the cluster has none, end the "
                                      "subscription to > that receives "
                                      "JetStream's requests.");
}

void NatsNotifier::learn(const std::string& subject, Keeper& keeper, Found found, const std::string& stream) {
  // If JetStream is gone, the stream may still exist: messages published without it would be missing there.
  if (found == Found::NoJetStream && !keeper.stream.empty()) {
    throw Error::retry(
        fmt::format("NATS at {}: {} was captured by the JetStream stream {}, but JetStream doesn't respond",
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
        "NATS: this user may not look up which JetStream stream captures {}, so messages are sent without a "
        "stream's "
        "acknowledgement. To get it, allow publishing on $JS.API.STREAM.NAMES and subscribing to _INBOX.>.",
        subject);
  } else if (stream.empty()) {
    log::info("NATS: no JetStream stream captures subject {}; subscribers that are offline miss messages.",
              subject);
  } else {
    log::info("NATS: the JetStream stream {} captures subject {}.", shortened(stream), subject);
  }
}

}  // namespace peo::notifier
