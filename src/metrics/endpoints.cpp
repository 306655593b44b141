#include "metrics/endpoints.hpp"

#include <utility>

namespace peo::metrics {

HttpPage metrics_page(const Metrics& metrics) {
  return [&metrics](const HttpRequest&) {
    return HttpResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.text()};
  };
}

HttpPage health_page(std::function<Health()> ask) {
  return [ask = std::move(ask)](const HttpRequest&) {
    auto health = ask();
    return HttpResponse{
        .status = health.ok ? 200 : 503, .content_type = "application/json", .body = std::move(health.json)};
  };
}

void add_operator_pages(HttpServer& server, const Metrics& metrics, std::function<Health()> healthy,
                        std::function<Health()> ready) {
  server.add("/metrics", metrics_page(metrics));
  server.add("/healthz", health_page(std::move(healthy)));
  server.add("/readyz", health_page(std::move(ready)));
}

}  // namespace peo::metrics
