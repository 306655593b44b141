// What check and status report about a Citus cluster. Pure functions.
#pragma once
#include <string>

#include "operate/check_report.hpp"
#include "target/schema/citus_cluster.hpp"

namespace peo::operate {

// Citus 13.2-1 with 2 workers: orders by order_id (8 shards), strategies (reference)
std::string citus_text(const target::CitusCluster& cluster);

// Adds to the area target: the cluster, and the settings with which loads would fail or be slow.
void check_citus(CheckReport& report, const target::CitusCluster& cluster);

}  // namespace peo::operate
