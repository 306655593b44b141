// The endpoints that every deployment needs: the metrics, and the two probes.
#pragma once
#include <functional>
#include <string>

#include "metrics/http_server.hpp"
#include "metrics/metrics.hpp"

namespace peo::metrics {

struct Health {
  bool ok = false;
  std::string json;  // details, for display
};

// `metrics` must outlive the server.
HttpPage metrics_page(const Metrics& metrics);

// 200 if healthy, otherwise 503; the body is the JSON.
HttpPage health_page(std::function<Health()> ask);

// /metrics, /healthz and /readyz.
void add_operator_pages(HttpServer& server, const Metrics& metrics, std::function<Health()> healthy,
                        std::function<Health()> ready);

}  // namespace peo::metrics
