#include "operate/citus_report.hpp"

#include <fmt/format.h>

#include "base/identifiers.hpp"
#include "operate/format.hpp"

namespace peo::operate {
namespace {

// A load prepares one transaction per connection to a worker, and Citus opens several at a time.
constexpr std::uint64_t least_prepared = 50;
// Per worker. Each statement costs a round trip per shard, and 2 shards already keep a worker's CPUs busy.
constexpr std::uint64_t many_shards = 8;

std::string table_text(const target::CitusTable& table) {
  if (table.reference) return shortened(table.name) + " (reference)";
  if (table.column.empty()) return shortened(table.name) + " (not distributed)";
  return fmt::format("{} by {} ({})", shortened(table.name), shortened(table.column),
                     count_text(table.shards, "shard"));
}

}  // namespace

std::string citus_text(const target::CitusCluster& cluster) {
  auto text = fmt::format("Citus {} with {}", cluster.version, count_text(cluster.workers.size(), "worker"));
  for (const auto& table : cluster.tables)
    text += (&table == cluster.tables.data() ? ": " : ", ") + table_text(table);
  return text;
}

void check_citus(CheckReport& report, const target::CitusCluster& cluster) {
  report.good("target",
              "This is the coordinator of " + citus_text(cluster) + ". Other tables are local to it.");
  for (const auto& worker : cluster.workers) {
    if (!worker.answers) {
      report.problem("target",
                     Error(ErrorKind::Retry, ExitCode::TryAgain,
                           fmt::format("the Citus worker {} doesn't answer: {}", worker.name,
                                       shortened(worker.error, 200)),
                           "Check that it is running and that the coordinator can connect to it. Until then, "
                           "loads into distributed and reference tables fail."));
    } else if (worker.prepared_transactions == 0) {
      report.problem(
          "target",
          Error::configuration(
              fmt::format("max_prepared_transactions is 0 on the Citus worker {}", worker.name),
              "Set it to at least max_connections and restart the worker: Citus commits in two phases."));
    } else if (worker.prepared_transactions < least_prepared) {
      report.warning(
          "target",
          fmt::format("max_prepared_transactions is only {} on the Citus worker {}.",
                      worker.prepared_transactions, worker.name),
          "Set it to max_connections: a load prepares one transaction per connection to a worker.");
    }
  }
  for (const auto& table : cluster.tables) {
    const auto shards = table.column.empty() ? 0 : table.shards;
    if (shards <= many_shards * cluster.workers.size()) continue;
    report.warning("target",
                   fmt::format("{} has {} on {}.", shortened(table.name), count_text(shards, "shard"),
                               count_text(cluster.workers.size(), "worker")),
                   fmt::format("Use about {} shards, which load faster: SELECT alter_distributed_table(..., "
                               "shard_count := {}); Each delivery takes time per shard.",
                               2 * cluster.workers.size(), 2 * cluster.workers.size()));
  }
}

}  // namespace peo::operate
