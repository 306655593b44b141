#include "support/fake_s3.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace peo::test {
namespace {

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

FakeRequest parse(const std::string& head) {
  FakeRequest request;
  const auto first = head.find("\r\n");
  const std::string line = head.substr(0, first);
  const auto space = line.find(' ');
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
  for (auto begin = first + 2; begin < head.size();) {
    const auto end = std::min(head.find("\r\n", begin), head.size());
    const std::string header = head.substr(begin, end - begin);
    begin = end + 2;
    const auto colon = header.find(':');
    if (colon == std::string::npos) continue;
    std::string name = header.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto value = header.find_first_not_of(' ', colon + 1);
    request.headers[name] = value == std::string::npos ? "" : header.substr(value);
  }
  return request;
}

std::string head_of(const FakeAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\n";
  for (const auto& [name, value] : answer.headers)
    head.append(name).append(": ").append(value).append("\r\n");
  if (answer.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else {
    head += "Content-Length: " + std::to_string(answer.length.value_or(answer.body.size())) + "\r\n";
  }
  return head + "\r\n";
}

std::string in_chunks(const std::string& body) {
  std::string text;
  constexpr std::size_t most = 7;
  for (std::size_t at = 0; at < body.size(); at += most) {
    const std::string piece = body.substr(at, most);
    text.append(std::to_string(piece.size())).append("\r\n").append(piece).append("\r\n");
  }
  return text + "0\r\n\r\n";
}

}  // namespace

struct FakeS3::Inner {
  Handler handler;
  int listener = -1;
  int port = 0;
  mutable std::mutex mutex;  // guards all below
  std::vector<FakeRequest> requests;
  std::vector<int> sockets;
  std::vector<std::thread> threads;
  bool ended = false;
  std::thread acceptor;

  void accept_all() {
    while (true) {
      const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int one = 1;  // head and body are sent apart: the second must not wait for the first's ACK
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      const std::lock_guard lock(mutex);
      if (ended) {
        ::close(socket);
        return;
      }
      sockets.push_back(socket);
      threads.emplace_back([this, socket] { serve(socket); });
    }
  }

  // Until the client goes or the server ends; sockets are closed at the end, so that their numbers stay ours.
  void serve(int socket) {
    std::string received;
    std::array<char, 4096> piece{};
    while (true) {
      const auto end = received.find("\r\n\r\n");
      if (end == std::string::npos) {
        const ssize_t got = ::recv(socket, piece.data(), piece.size(), 0);
        if (got <= 0) break;
        received.append(piece.data(), static_cast<std::size_t>(got));
        if (std::isupper(static_cast<unsigned char>(received.front())) == 0) {  // TLS, for one
          send_all(socket, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
          break;
        }
        continue;
      }
      FakeRequest request = parse(received.substr(0, end));
      const auto length = request.headers.find("content-length");
      const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
      while (received.size() < end + 4 + size) {
        const ssize_t got = ::recv(socket, piece.data(), piece.size(), 0);
        if (got <= 0) return;
        received.append(piece.data(), static_cast<std::size_t>(got));
      }
      request.body = received.substr(end + 4, size);
      received.erase(0, end + 4 + size);
      FakeAnswer answer;
      {
        const std::lock_guard lock(mutex);
        requests.push_back(request);
        answer = handler(request);
      }
      if (!reply(socket, answer)) break;
    }
    ::shutdown(socket, SHUT_RDWR);
  }

  // False: the connection is to be closed.
  static bool reply(int socket, const FakeAnswer& answer) {
    std::this_thread::sleep_for(answer.delay);
    if (answer.hang_up || !send_all(socket, head_of(answer))) return false;
    const std::string body = answer.chunked ? in_chunks(answer.body) : answer.body;
    const auto whole = body.size();
    const auto count =
        std::min({answer.cut_after.value_or(whole), answer.stall_after.value_or(whole), whole});
    const std::size_t piece = answer.pause.count() > 0 ? 1 : std::max<std::size_t>(count, 1);
    for (std::size_t at = 0; at < count; at += piece) {
      if (!send_all(socket, std::string_view(body).substr(at, std::min(piece, count - at)))) return false;
      std::this_thread::sleep_for(answer.pause);
    }
    if (answer.stall_after) {
      char nothing = 0;
      while (::recv(socket, &nothing, 1, 0) > 0) {
      }
      return false;
    }
    return !answer.cut_after;
  }
};

FakeS3::FakeS3(Handler handler) : inner_(std::make_unique<Inner>()) {
  inner_->handler = std::move(handler);
  inner_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(inner_->listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(inner_->listener, 64) != 0 ||
      ::getsockname(inner_->listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    ::close(inner_->listener);
    throw std::runtime_error("the fake server can't listen");
  }
  inner_->port = ntohs(address.sin_port);
  inner_->acceptor = std::thread([inner = inner_.get()] { inner->accept_all(); });
}

FakeS3::FakeS3(std::vector<FakeAnswer> script)
    : FakeS3([script = std::move(script), next = std::size_t{0}](const FakeRequest&) mutable {
        const auto& answer = script.at(std::min(next, script.size() - 1));
        ++next;
        return answer;
      }) {}

FakeS3::~FakeS3() {
  {
    const std::lock_guard lock(inner_->mutex);
    inner_->ended = true;
    ::shutdown(inner_->listener, SHUT_RDWR);
    for (const int socket : inner_->sockets) ::shutdown(socket, SHUT_RDWR);
  }
  inner_->acceptor.join();
  for (auto& thread : inner_->threads) thread.join();
  for (const int socket : inner_->sockets) ::close(socket);
  ::close(inner_->listener);
}

int FakeS3::port() const { return inner_->port; }

std::string FakeS3::endpoint() const { return "http://127.0.0.1:" + std::to_string(port()); }

std::vector<FakeRequest> FakeS3::requests() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->requests;
}

std::size_t FakeS3::connections() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->sockets.size();
}

}  // namespace peo::test
