// A small HTTP server for operators: pages are functions, registered by their path.
//
// GET and HEAD only (else 405), known paths only (else 404), no bodies. One thread of its own answers all
// connections, so that an idle or slow one delays nobody; a page must be quick and may be asked at any time.
// Connections, their time and their memory are bounded (connection_limits.hpp).
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
  std::map<std::string, std::string> query;  // decoded; of a name given twice, the last
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones
};

using HttpPage = std::function<HttpResponse(const HttpRequest&)>;

// The Host headers under which a page is shown. Any: to everybody who reaches the port, as Prometheus and
// Kubernetes do by names that nobody configured here. Own: see host_header.hpp; else 403.
enum class Hosts { Any, Own };

class HttpServer {
 public:
  // Takes the address. Host: a name, an IPv4 or IPv6 address (brackets allowed), empty: all addresses. Port
  // 0: any free one. Throws a configuration error when that can't be.
  HttpServer(const std::string& host, std::uint16_t port);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // ends at once, also with open connections

  void add(const std::string& path, HttpPage page, Hosts hosts = Hosts::Any);  // before start()
  void start();
  std::uint16_t port() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::metrics
