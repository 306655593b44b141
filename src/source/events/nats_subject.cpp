#include "source/events/nats_subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace peo::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds step{500};  // polling interval of `ended`

}  // namespace

NatsSubject::NatsSubject(nats::NatsOptions options, std::string subject, const Cancellation& stop)
    : options_(std::move(options)), subject_(std::move(subject)), stop_(stop) {}

std::string NatsSubject::describe() const {
  std::string servers;
  for (const auto& server : options_.servers)
    servers += (servers.empty() ? "" : ", ") + nats::address_of(server);
  return fmt::format("NATS subject {} at {}", subject_, servers);
}

void NatsSubject::connect() {
  if (options_.renew) options_.renew(options_);
  const auto& server = options_.servers.at(next_server_ % options_.servers.size());
  ++next_server_;  // the next attempt uses another server
  auto connection = std::make_unique<nats::NatsConnection>(options_, server, stop_);
  connection->subscribe(subject_, [this](std::string_view message) {
    if (take_ != nullptr) (*take_)(message, "");
  });
  connection_ = std::move(connection);
}

void NatsSubject::receive(milliseconds wait, const Take& take, const std::atomic<bool>& ended) {
  take_ = &take;
  if (!connection_) connect();
  const auto until = steady_clock::now() + wait;
  while (!ended && !stop_.requested() && steady_clock::now() < until)
    connection_->listen(std::min(step, wait));
  // A connection that broke silently is noticed only by a round trip.
  if (!ended && !stop_.requested()) connection_->flush();
}

std::vector<std::string> NatsSubject::check() {
  connect();
  auto text = fmt::format("This user may subscribe to {} on NATS at {}.", subject_, connection_->server());
  close();
  return {std::move(text)};
}

}  // namespace peo::source
