// Deliveries that are simply the next ones: each on the fastest way that takes it, read ahead across all of
// them. One thread.
#pragma once
#include <functional>
#include <span>

#include "loader/batch_loader.hpp"
#include "loader/quarantine.hpp"

namespace peo::loader {

class InOrderLoader {
 public:
  // All must outlive this.
  InOrderLoader(target::Target& target, BatchLoader& batches, DeliveryLog& log, Quarantine& quarantine,
                const Cancellation& stop, std::function<void()> tick, std::uint64_t transaction_bytes)
      : target_(target),
        batches_(batches),
        log_(log),
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
  SmallDone load_small(std::span<const Delivery> due, ParseAhead& reader);

  target::Target& target_;
  BatchLoader& batches_;
  DeliveryLog& log_;
  Quarantine& quarantine_;
  const Cancellation& stop_;
  std::function<void()> tick_;
  std::uint64_t transaction_bytes_;  // full-load files of one entity together, in bytes of objects
};

}  // namespace peo::loader
