#include "support/fake_nats.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>
#include <vector>

namespace peo::test {

bool FakeNatsConnection::read_more() {
  char buffer[8192];
  const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
  if (got > 0) bytes_.append(buffer, static_cast<std::size_t>(got));
  return got > 0;
}

std::optional<FakeNatsCommand> FakeNatsConnection::next() {
  std::size_t end = 0;
  while ((end = bytes_.find("\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  std::istringstream line(bytes_.substr(0, end));
  bytes_.erase(0, end + 2);
  FakeNatsCommand command;
  line >> command.name;
  if (command.name != "PUB" && command.name != "HPUB") return command;
  std::vector<std::string> words;
  for (std::string word; line >> word;) words.push_back(word);
  command.subject = words.front();
  if (words.size() == (command.name == "PUB" ? 3U : 4U)) command.reply = words[1];
  const auto size = std::stoul(words.back());
  while (bytes_.size() < size + 2) {
    if (!read_more()) return std::nullopt;
  }
  command.payload = bytes_.substr(0, size);
  bytes_.erase(0, size + 2);
  return command;
}

bool FakeNatsConnection::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

FakeNats::FakeNats(std::function<void(FakeNatsConnection&)> script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the fake NATS server can't listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

FakeNats::~FakeNats() {
  ended_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (const int client = client_; client >= 0) ::shutdown(client, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void FakeNats::serve() {
  while (!ended_) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    client_ = client;
    if (!ended_) {
      FakeNatsConnection connection(client);
      script_(connection);
    }
    client_ = -1;
    ::close(client);
  }
}

}  // namespace peo::test
