// A small HTTP server for operators: pages are functions, registered by their path.
//
// GET and HEAD only (else 405), known paths only (else 404), no request bodies. A separate thread serves all
// connections, so that an idle or slow one delays no other; a page must be quick and may be requested at any
// time. Connections, their time and their memory are bounded (connection_limits.hpp).
//
//   HttpServer server("127.0.0.1", 9090);
//   server.add("/metrics", metrics_page(metrics));
//   server.start();
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace peo::metrics {

struct HttpRequest {
  std::string path;
  std::map<std::string, std::string> query;  // decoded; the last value of a repeated name
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  // additional ones
};

using HttpPage = std::function<HttpResponse(const HttpRequest&)>;

// The Host headers under which a page is served. Any: for everyone who can reach the port, like Prometheus
// and Kubernetes, whose names for it aren't configured here. Own: see host_header.hpp; otherwise 403.
enum class Hosts { Any, Own };

class HttpServer {
 public:
  // Binds the address. Host: a name, an IPv4 or IPv6 address (brackets allowed), empty: all addresses. Port
  // 0: any free one. Throws a configuration error when that fails.
  HttpServer(const std::string& host, std::uint16_t port);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // ends immediately, even with open connections

  void add(const std::string& path, HttpPage page, Hosts hosts = Hosts::Any);  // before start()
  void start();
  std::uint16_t port() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::metrics
