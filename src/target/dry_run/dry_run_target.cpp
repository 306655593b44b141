#include "target/dry_run/dry_run_target.hpp"

#include <utility>

#include "dry_run_sql.hpp"

namespace peo::target {

DryRunTarget::DryRunTarget(TargetOptions options, const Cancellation& stop, DryRunSession::Tables tables)
    : session_(std::move(options), stop, tables),
      staging_(session_.connection(), session_.options().compaction_memory),
      ledger_(session_),
      outbox_(session_),
      migrations_(migrations_of(session_.options().entities)) {}

void DryRunTarget::open() {
  staging_.tables.forget();
  session_.open(migrations_);
}

// A direct load would write to the table itself; a staged load has the same counts.
std::unique_ptr<DeliveryLoad> DryRunTarget::begin(std::span<const Delivery> group, LoadMethod method) {
  return std::make_unique<StagedLoad>(session_, staging_, group,
                                      is_direct(method) ? LoadMethod::Compacted : method);
}

void DryRunTarget::DryRunLedger::update_etag(const Delivery& delivery) {
  session_.connection().query(
      std::string(sql::note_etag),
      {std::to_string(delivery.previous_id), delivery.object.etag, timestamp(delivery.object.last_modified)});
}

}  // namespace peo::target
