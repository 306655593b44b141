#include "metrics/http_server.hpp"

#include <fmt/format.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "metrics/connection_limits.hpp"
#include "metrics/host_header.hpp"

namespace peo::metrics {
namespace {

// At its own limit the library accepts no connections, so that limit must never be reached: it accepts up to
// ten at a time, and then those beyond our limits are closed.
constexpr unsigned most_connections = ConnectionLimits::total + 64;
constexpr std::size_t connection_memory = 32UL * 1024;

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

std::string without_brackets(const std::string& host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2)
                                                                      : host;
}

Addresses resolve(const std::string& host, std::uint16_t port, int family) {
  addrinfo wanted{};
  wanted.ai_family = family;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      ::getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (failed != 0) return {nullptr, ::freeaddrinfo};
  return {found, ::freeaddrinfo};
}

// A listening socket, or -1 with errno.
int listen_on(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // allows an immediate restart
  if (address.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0) return fd;
  const int reason = errno;
  ::close(fd);
  errno = reason;
  return -1;
}

Error cannot_listen(const std::string& host, std::uint16_t port, const std::string& reason) {
  return Error::configuration(fmt::format("METRICS_ADDRESS: can't listen on {}:{} ({})",
                                          host.empty() ? "*" : shortened(host), port, reason),
                              "Check that no other program, such as another loader, uses the port, and set "
                              "an address of this machine "
                              "and a free port; empty for a run without it.");
}

int listen_on(const std::string& host, std::uint16_t port) {
  const auto bare = without_brackets(host);
  int reason = 0;
  bool found = false;
  // IPv6's "any address" includes IPv4; without IPv6, IPv4 only.
  for (const int family : {bare.empty() ? AF_INET6 : AF_UNSPEC, AF_INET}) {
    const auto addresses = resolve(bare, port, family);
    for (const auto* address = addresses.get(); address != nullptr; address = address->ai_next) {
      found = true;
      const int fd = listen_on(*address);
      if (fd >= 0) return fd;
      reason = errno;
      if (reason == EADDRINUSE) throw cannot_listen(host, port, std::strerror(reason));
    }
  }
  throw cannot_listen(host, port, found ? std::strerror(reason) : "unknown host");
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

MHD_Result take_argument(void* closure, MHD_ValueKind /*kind*/, const char* key, const char* value) {
  (*static_cast<std::map<std::string, std::string>*>(closure))[key] = value == nullptr ? "" : value;
  return MHD_YES;
}

MHD_Result note_foreign_host(void* closure, MHD_ValueKind /*kind*/, const char* key, const char* value) {
  auto& [configured, foreign] = *static_cast<std::pair<const std::string&, bool>*>(closure);
  if (lower_case(key) == "host" && !is_own_host(value == nullptr ? "" : value, configured)) foreign = true;
  return MHD_YES;
}

// Checks all headers of the name: the library returns the first, and a proxy might use the last. Browsers
// always send one.
bool has_foreign_host(MHD_Connection* connection, const std::string& configured) {
  std::pair<const std::string&, bool> found{configured, false};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, note_foreign_host, &found);
  return found.second;
}

int socket_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

MHD_Result send(MHD_Connection* connection, const HttpResponse& page) {
  // Copied, because the response is sent after this function returns.
  const std::unique_ptr<MHD_Response, void (*)(MHD_Response*)> response(
      MHD_create_response_from_buffer(page.body.size(), const_cast<char*>(page.body.data()),
                                      MHD_RESPMEM_MUST_COPY),
      MHD_destroy_response);
  if (!response) return MHD_NO;
  MHD_add_response_header(response.get(), "Content-Type", page.content_type.c_str());
  MHD_add_response_header(response.get(), "Cache-Control", "no-store");
  MHD_add_response_header(response.get(), "X-Content-Type-Options", "nosniff");
  for (const auto& [key, value] : page.headers)
    MHD_add_response_header(response.get(), key.c_str(), value.c_str());
  return MHD_queue_response(connection, static_cast<unsigned>(page.status), response.get());
}

}  // namespace

struct HttpServer::Inner {
  struct Page {
    HttpPage make;
    Hosts hosts{};
  };

  int fd = -1;
  std::uint16_t port = 0;
  std::string host;
  std::map<std::string, Page> pages;
  MHD_Daemon* daemon = nullptr;
  ConnectionLimits limits;
  Cancellation stop;
  std::thread thread;

  HttpResponse answer(MHD_Connection* connection, const std::string& path, std::string_view method) const {
    if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD)
      return {.status = 405, .body = "Only GET and HEAD.\n", .headers = {{"Allow", "GET, HEAD"}}};
    const auto page = pages.find(path);
    if (page == pages.end()) return {.status = 404, .body = "Page not found.\n"};
    if (page->second.hosts == Hosts::Own && has_foreign_host(connection, host)) {
      return {
          .status = 403,
          .body =
              "This page is served only under an IP address, localhost, or the host name in METRICS_ADDRESS. "
              "Configure a reverse proxy to send one of these as Host.\n"};
    }
    HttpRequest request{.path = path, .query = {}};
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_argument, &request.query);
    try {
      return page->second.make(request);
    } catch (const std::exception& error) {
      log::error("Serving the page {} failed: {}", path, error.what());
      return {.status = 500, .body = "The page failed; see the log for the reason.\n"};
    }
  }

  // Exceptions must not propagate through the C library.
  static MHD_Result handle(void* closure, MHD_Connection* connection, const char* url, const char* method,
                           const char* /*version*/, const char* /*data*/, std::size_t* /*size*/,
                           void** /*request*/) noexcept {
    const auto* self = static_cast<const Inner*>(closure);
    return send(connection, self->answer(connection, url, method));
  }

  static void note_connection(void* closure, MHD_Connection* connection, void** /*context*/,
                              MHD_ConnectionNotificationCode what) noexcept {
    auto& limits = static_cast<Inner*>(closure)->limits;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) return limits.closed(socket_of(connection));
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    limits.opened(socket_of(connection), address_key(info == nullptr ? nullptr : info->client_addr),
                  ConnectionLimits::Clock::now());
  }

  static void note_answer(void* closure, MHD_Connection* connection, void** /*request*/,
                          MHD_RequestTerminationCode /*how*/) noexcept {
    static_cast<Inner*>(closure)->limits.answered(socket_of(connection), ConnectionLimits::Clock::now());
  }

  void serve() {
    const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    while (!stop.requested()) {
      std::array<pollfd, 2> wait{{{info->epoll_fd, POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
      constexpr int longest = 500;  // milliseconds; the precision of a request's deadline
      MHD_UNSIGNED_LONG_LONG left = 0;
      const bool has_work = MHD_get_timeout(daemon, &left) == MHD_YES && left < longest;
      ::poll(wait.data(), wait.size(), has_work ? static_cast<int>(left) : longest);
      MHD_run(daemon);
      for (const int socket : limits.take_surplus(ConnectionLimits::Clock::now()))
        ::shutdown(socket, SHUT_RDWR);  // the library sees its end and closes it
    }
  }
};

HttpServer::HttpServer(const std::string& host, std::uint16_t port) : inner_(std::make_unique<Inner>()) {
  inner_->fd = listen_on(host, port);
  inner_->port = port_of(inner_->fd);
  inner_->host = host;
}

HttpServer::~HttpServer() {
  if (inner_->daemon != nullptr) {
    inner_->stop.request();
    if (inner_->thread.joinable()) inner_->thread.join();
    MHD_stop_daemon(inner_->daemon);  // closes the socket too
  } else {
    ::close(inner_->fd);
  }
}

void HttpServer::add(const std::string& path, HttpPage page, Hosts hosts) {
  if (inner_->daemon != nullptr) throw Error::internal("a page was added to a running HTTP server");
  inner_->pages[path] = {std::move(page), hosts};
}

void HttpServer::start() {
  if (inner_->daemon != nullptr) return;
  // Without MHD_USE_ERROR_LOG it writes nothing to standard error. Its own timeout restarts with each byte,
  // so it is disabled. It runs in our thread, so connections don't change while the limits are applied.
  inner_->daemon =
      MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, &Inner::handle, inner_.get(),
                       MHD_OPTION_LISTEN_SOCKET, inner_->fd, MHD_OPTION_CONNECTION_LIMIT, most_connections,
                       MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                       connection_memory, MHD_OPTION_NOTIFY_CONNECTION, &Inner::note_connection, inner_.get(),
                       MHD_OPTION_NOTIFY_COMPLETED, &Inner::note_answer, inner_.get(), MHD_OPTION_END);
  if (inner_->daemon == nullptr) throw Error::internal("can't start the HTTP server");
  inner_->thread = std::thread([inner = inner_.get()] { inner->serve(); });
  log::info("Listening for HTTP on {}:{}.", inner_->host.empty() ? "*" : inner_->host, inner_->port);
}

std::uint16_t HttpServer::port() const { return inner_->port; }

}  // namespace peo::metrics
