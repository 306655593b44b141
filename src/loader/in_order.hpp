// Deliveries that are simply the next ones: each on the fastest way that takes it, read ahead across all of
// them. One thread.
#pragma once
#include <functional>
#include <span>

#include "loader/group_load.hpp"
#include "loader/quarantine.hpp"

namespace peo::loader {

class InOrder {
 public:
  // All must outlive this.
  InOrder(target::Target& target, GroupLoad& groups, Report& report, Quarantine& quarantine,
          const Cancellation& stop, std::function<void()> tick, std::uint64_t transaction_bytes)
      : target_(target),
        groups_(groups),
        report_(report),
        quarantine_(quarantine),
        stop_(stop),
        tick_(std::move(tick)),
        transaction_bytes_(transaction_bytes) {}

  // All of them, or those before a stop.
  void load(std::span<const Delivery> due);

 private:
  struct SmallDone {
    std::size_t loaded = 0;
    bool reader_moved = false;  // past a delivery that is not in: it must be read again
    bool other_way = false;     // it isn't small after all
  };
  bool is_small(const Delivery& delivery) const;
  SmallDone load_small(std::span<const Delivery> due, ReadAhead& reader);

  target::Target& target_;
  GroupLoad& groups_;
  Report& report_;
  Quarantine& quarantine_;
  const Cancellation& stop_;
  std::function<void()> tick_;
  std::uint64_t transaction_bytes_;  // full-load files of one entity together, in bytes of objects
};

}  // namespace peo::loader
