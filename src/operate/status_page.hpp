// The status page "/": four files that are compiled in, and /status.json.
#pragma once
#include "metrics/http_server.hpp"
#include "operate/status_collector.hpp"

namespace peo::operate {

// `feed` must outlive the server.
void add_status_page(metrics::HttpServer& server, StatusCollector& feed);

}  // namespace peo::operate
