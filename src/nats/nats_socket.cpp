#include "nats/nats_socket.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace peo::nats {

using std::chrono::steady_clock;

NatsDeadline::NatsDeadline(const Cancellation& stop, std::chrono::milliseconds timeout)
    : stop_(stop), until_(steady_clock::now() + timeout) {}

bool NatsDeadline::wait(int socket, short events) {
  constexpr auto after_stop = std::chrono::seconds(1);
  while (true) {
    if (!stopping_ && stop_.requested()) {
      stopping_ = true;
      until_ = std::min(until_, steady_clock::now() + after_stop);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - steady_clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> both{{{socket, events, 0}, {stop_.fd(), POLLIN, 0}}};
    ::poll(both.data(), stopping_ ? 1 : 2, static_cast<int>(left));
    if (both[0].revents != 0) return true;
  }
}

// libcurl connects: it resolves the name within the timeout, and tries IPv6 and IPv4 in parallel. It owns the
// socket; we do everything after that.
struct NatsSocket::Handle {
  std::unique_ptr<CURL, void (*)(CURL*)> curl{curl_easy_init(), curl_easy_cleanup};
  curl_socket_t socket = CURL_SOCKET_BAD;
};

NatsSocket::NatsSocket(std::string host, std::string port, std::string server, const Cancellation& stop)
    : host_(std::move(host)), server_(std::move(server)), stop_(stop), handle_(std::make_unique<Handle>()) {
  auto* const curl = handle_->curl.get();
  if (curl == nullptr) throw std::bad_alloc();
  const bool v6 = host_.find(':') != std::string::npos;
  curl_easy_setopt(curl, CURLOPT_URL,
                   fmt::format("http://{}{}{}:{}", v6 ? "[" : "", host_, v6 ? "]" : "", port).c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // proxies in the environment are for HTTP
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // don't wait for a resolver that hangs
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(nats_timeout.count()));
  const auto result = curl_easy_perform(curl);
  if (result == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &handle_->socket);
  if (handle_->socket == CURL_SOCKET_BAD) {
    throw Error::retry(fmt::format("{}: can't connect ({})", server_, curl_easy_strerror(result)),
                       "Check that the server is running and that its address is correct.");
  }
}

NatsSocket::~NatsSocket() = default;

void NatsSocket::start_tls(const NatsOptions& options) {
  tls_.emplace(options, host_, server_);
  NatsDeadline deadline(stop_);
  while (true) {
    const bool complete = tls_->handshake();
    send_raw(tls_->output());
    if (complete) return;
    const auto bytes = read_raw();
    if (bytes) {
      tls_->input(*bytes);
    } else if (!deadline.wait(handle_->socket, POLLIN)) {
      throw Error::retry(server_ + ": the TLS handshake took too long");
    }
  }
}

void NatsSocket::send(std::string_view bytes) {
  if (!tls_) return send_raw(bytes);
  tls_->encrypt(bytes);
  send_raw(tls_->output());
}

// Sends in pieces with a timeout each: a slow network gets the time it needs, and a server that reads a byte
// now and then doesn't block us.
void NatsSocket::send_raw(std::string_view bytes) {
  constexpr std::size_t piece = 16UL * 1024;
  while (!bytes.empty()) {
    auto now = bytes.substr(0, piece);
    bytes.remove_prefix(now.size());
    NatsDeadline deadline(stop_);
    while (!now.empty()) {
      const auto sent = ::send(handle_->socket, now.data(), now.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        now.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        throw Error::retry(
            fmt::format("{}: the connection was lost ({})", server_, std::generic_category().message(errno)));
      } else if (!deadline.wait(handle_->socket, POLLOUT)) {
        throw Error::retry(server_ + ": the server doesn't read any more data");
      }
    }
  }
}

std::optional<std::string> NatsSocket::read_raw() {
  std::string bytes(16UL * 1024, '\0');
  const auto got = ::recv(handle_->socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got > 0) return bytes.substr(0, static_cast<std::size_t>(got));
  if (got == 0) throw Error::retry(server_ + ": the server has closed the connection");
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
  throw Error::retry(
      fmt::format("{}: the connection was lost ({})", server_, std::generic_category().message(errno)));
}

std::optional<std::string> NatsSocket::read() {
  auto bytes = read_raw();
  if (!bytes || !tls_) return bytes;
  tls_->input(*bytes);
  auto text = tls_->decrypt();
  send_raw(tls_->output());  // a response to a key update
  if (text.empty() && tls_->ended()) throw Error::retry(server_ + ": the server has closed the connection");
  return text;
}

std::string NatsSocket::receive(NatsDeadline& deadline) {
  // Data that arrived together with the end of the handshake doesn't make the socket ready again.
  if (auto text = tls_ ? tls_->decrypt() : std::string(); !text.empty()) return text;
  while (deadline.wait(handle_->socket, POLLIN)) {
    const auto bytes = read();
    if (bytes && !bytes->empty()) return *bytes;
  }
  return {};
}

std::string NatsSocket::receive_now() { return read().value_or(""); }

}  // namespace peo::nats
