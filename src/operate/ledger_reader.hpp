// Reads from the loader's own tables in the target what has been loaded so far. Only reads, on its own
// connection, without locks that a running loader would notice.
//
// Errors: peo::Error of the connection. One thread.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/delivery.hpp"
#include "base/hold.hpp"
#include "base/ledger.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/citus_cluster.hpp"

namespace peo::operate {

struct PastDelivery {
  std::uint64_t delivery_id = 0;
  std::string entity, object_key, kind, status;
  std::uint64_t rows_read = 0, rejected = 0, bytes = 0;
  RowCounts effects;
  Time finished_at{};
  double seconds = 0;      // from beginning to end
  double lag_seconds = 0;  // from file written to rows committed
  double fetch_seconds = 0, decompress_seconds = 0, parse_seconds = 0, apply_seconds = 0;
};

struct EntitySums {
  std::uint64_t deliveries = 0, rows_read = 0, rejected = 0;
  std::uint64_t not_loaded = 0;  // skipped or quarantined deliveries among them
  std::uint64_t last_delivery_id = 0;
  RowCounts effects;
};

// A file that is not completely in its table: quarantined, or with rejected rows.
struct IncompleteFile {
  std::string entity, object_key, reason;
  std::uint64_t delivery_id = 0, rejected = 0;
};

struct Minute {
  std::int64_t minute = 0;  // since 1970
  std::string entity;
  std::uint64_t rows = 0, bytes = 0, files = 0;
  double lag_seconds = 0;
};

struct Outbox {
  std::uint64_t waiting = 0;
  std::optional<Time> since;  // of the oldest waiting message
};

// Describes the loader that holds the target's lock; none: no loader is active.
std::optional<std::string> active_loader(target::Connection& connection, const std::string& schema);

class LedgerReader {
 public:
  // `stop` must outlive this. Connects in open().
  LedgerReader(std::string conninfo, const Cancellation& stop);

  // False: no loader has ever used this target, and nothing else may be called.
  bool open();
  bool usable() const { return connection_.usable(); }
  void close() { connection_.close(); }

  // If the target is a Citus coordinator: the cluster, with these tables.
  std::optional<target::CitusCluster> citus(const std::vector<std::string>& tables);

  // Queries in between see one snapshot. end_moment() never throws.
  void begin_moment();
  void end_moment() noexcept { connection_.rollback(); }

  std::map<std::string, EntitySums> sums(std::uint64_t after_delivery = 0);
  // Newest first.
  std::vector<PastDelivery> last(std::size_t count, const std::optional<std::string>& entity = std::nullopt);
  std::vector<Minute> minutes(std::uint64_t after_delivery, double seconds);
  Outbox outbox();
  std::optional<Time> last_full_listing();
  std::map<std::string, Quarantined> quarantined();  // DeliveryLedger::quarantined()
  HoldsByEntity holds();
  std::vector<IncompleteFile> incomplete(std::size_t limit);  // the oldest ones
  std::optional<std::string> active_loader();

 private:
  std::string own(const char* table) const;

  target::Connection connection_;
  bool citus_ = false;
  std::string schema_;
};

}  // namespace peo::operate
