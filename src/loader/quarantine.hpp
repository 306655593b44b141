// BAD_ROWS=quarantine_delivery: a delivery that can't be loaded is recorded with its reason, and the loader
// continues with the next. One thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/policies.hpp"
#include "loader/delivery_log.hpp"
#include "target/target.hpp"

namespace peo::loader {

class Quarantine {
 public:
  // All must outlive this.
  Quarantine(target::DeliveryLedger& ledger, DeliveryLog& log, BadRowPolicy policy)
      : ledger_(ledger), log_(log), policy_(policy) {}

  // Whether the delivery itself is bad and the policy is to continue without it.
  bool accepts(const Error& error) const {
    return policy_.action == BadRows::QuarantineDelivery && error.kind() == ErrorKind::BadDelivery;
  }
  // Throws BadDelivery after more than MAX_BAD_DELIVERIES of an entity in a row: then the cause is not a
  // single bad file.
  void put(const Delivery& delivery, const Error& error);
  void loaded(const std::string& entity) { in_a_row_.erase(entity); }

 private:
  target::DeliveryLedger& ledger_;
  DeliveryLog& log_;
  BadRowPolicy policy_;
  std::map<std::string, std::uint64_t> in_a_row_;  // by entity
};

}  // namespace peo::loader
