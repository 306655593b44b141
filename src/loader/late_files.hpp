// Files that are not simply the next one, and what operators asked for: what becomes of them is a named
// policy, with a ledger row and a metric each.
//
// Late (and a change file that was written again with other bytes), by LATE_FILES: `apply` gives the table
// what it would have if all files had come in the order of their names: the late file loses every key that
// occurs in a delivery behind it, found by reading those again; `hold` stops the entity. A reload's files go
// in together, in one transaction, and what they don't hold goes. The same bytes under another ETag are
// noted, nothing more. Read docs/guarantees.md for what that promises. One thread.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "base/delivery.hpp"
#include "base/policies.hpp"
#include "loader/batch_loader.hpp"
#include "loader/quarantine.hpp"

namespace peo::loader {

class LateFileLoader {
 public:
  // All must outlive this.
  LateFileLoader(source::Source& source, target::Target& target, BatchLoader& batches, DeliveryLog& log,
                 Quarantine& quarantine, const Cancellation& stop, LateFiles late_files)
      : source_(source),
        target_(target),
        batches_(batches),
        log_(log),
        quarantine_(quarantine),
        stop_(stop),
        late_files_(late_files) {}

  static bool takes(const Delivery& delivery) {
    return delivery.arrival != Arrival::InOrder || delivery.request;
  }

  struct Taken {
    std::size_t deliveries = 0;         // from the front
    std::optional<std::string> held{};  // why the first one holds its entity; then none is taken
  };
  Taken take(std::span<const Delivery> due);

 private:
  Taken skip(const Delivery& delivery, metrics::Policy policy, const std::string& reason);
  Taken late(const Delivery& delivery, const std::string& what);
  Taken rewritten(const Delivery& delivery);
  Taken reload(std::span<const Delivery> files);
  Taken skip_reload(std::span<const Delivery> files, const Delivery& asked);
  void note(const Delivery& delivery);
  bool same_bytes(const Delivery& delivery) const;
  void take_out_later(target::DeliveryLoad& load, const Delivery& delivery) const;

  source::Source& source_;
  target::Target& target_;
  BatchLoader& batches_;
  DeliveryLog& log_;
  Quarantine& quarantine_;
  const Cancellation& stop_;
  LateFiles late_files_;
};

}  // namespace peo::loader
