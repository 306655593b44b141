// Change files that are late or were rewritten, files that an operator wants to be loaded again, and files
// that are skipped: each gets a ledger row and a metric.
//
// LATE_FILES decides on a late file, and on a change file that was rewritten with other bytes. `apply` gives
// the table what it would have if all files had come in the order of their names: the late file loses every
// key that occurs in a newer delivery, found by reading those again. `hold` stops the entity. A file with the
// same bytes under another ETag only gets its new ETag recorded. docs/guarantees.md tells what that promises.
// One thread.
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

  // Loads any delivery except those of a reload. Returns why it holds its entity; nothing: it is loaded or
  // recorded.
  std::optional<std::string> load(const Delivery& delivery);

  void skip(const Delivery& delivery, metrics::Policy policy, const std::string& reason);
  // Whether the object's SHA-256 is the one that the ledger has for this key.
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
