// process_* of this process, read from /proc/self: what Prometheus's own client libraries give in other
// languages.
#pragma once
#include <prometheus/metric_family.h>

#include <vector>

namespace peo::metrics {

// What can't be read is left out.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace peo::metrics
