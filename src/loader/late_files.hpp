// Handles change files that are late or were rewritten, files that an operator requested to load again, and
// skipped files: each gets a ledger row and a metric.
//
// LATE_FILES applies to late files, and to change files that were rewritten with different content. `apply`
// gives the table the rows it would have if all files had arrived in the order of their names: rows of the
// late file are dropped if their keys occur in newer deliveries, which are read again to find out. `hold`
// holds the entity. If a file has the same content under another ETag, only the new ETag is recorded. See
// docs/guarantees.md. One thread.
#pragma once
#include <optional>
#include <string>

#include "base/delivery.hpp"
#include "base/policies.hpp"
#include "loader/batch_loader.hpp"

namespace peo::loader {

class LateFileLoader {
 public:
  // All must outlive this.
  LateFileLoader(source::Source& source, target::DeliveryLedger& ledger, BatchLoader& batches,
                 DeliveryLog& log, const Cancellation& stop, LateFiles late_files)
      : source_(source),
        ledger_(ledger),
        batches_(batches),
        log_(log),
        stop_(stop),
        late_files_(late_files) {}

  // Loads any delivery except those of a reload. Returns why it holds its entity; none: it is loaded or
  // recorded.
  std::optional<std::string> load(const Delivery& delivery);

  void skip(const Delivery& delivery, metrics::Policy policy, const std::string& reason);
  // Whether the object's SHA-256 equals the one in the ledger for this key.
  bool same_bytes(const Delivery& delivery) const;
  void note_same_bytes(const Delivery& delivery);

 private:
  std::optional<std::string> apply(const Delivery& delivery, const std::string& what);
  void add_newer(target::DeliveryLoad& load, const Delivery& delivery) const;

  source::Source& source_;
  target::DeliveryLedger& ledger_;
  BatchLoader& batches_;
  DeliveryLog& log_;
  const Cancellation& stop_;
  LateFiles late_files_;
};

}  // namespace peo::loader
