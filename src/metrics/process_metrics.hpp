// The standard process_* metrics of this process, read from /proc/self, as in Prometheus's other client
// libraries.
#pragma once
#include <prometheus/metric_family.h>

#include <vector>

namespace peo::metrics {

// Unavailable ones are omitted.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace peo::metrics
