// Loads a delivery, or a group of full-load files of one entity, from its reader to its log, and remembers
// what is in doubt when the connection is lost: was it committed? One thread.
#pragma once
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "base/delivery.hpp"
#include "loader/delivery_log.hpp"
#include "loader/load_delivery.hpp"
#include "loader/parse_ahead.hpp"
#include "target/target.hpp"

namespace peo::loader {

class BatchLoader {
 public:
  // All must outlive this. `tick`: a sign of life, at each file.
  BatchLoader(source::Source& source, target::Target& target, DeliveryLog& log, const Cancellation& stop,
              ReadOptions read, std::function<void()> tick)
      : source_(source),
        target_(target),
        log_(log),
        stop_(stop),
        read_(std::move(read)),
        tick_(std::move(tick)) {}

  std::unique_ptr<ParseAhead> reader(std::span<const Delivery> deliveries) const;

  // `reader` stands at the first of the group. Throws target::TryAnotherWay when this way can't take them.
  // True: the table has got columns for them.
  bool load(std::span<const Delivery> group, ParseAhead& reader, target::Way way,
            const BeforeCommit& before_commit = {});

  // After the target was opened again: those that had been committed are reported.
  void resolve_unconfirmed();

  std::vector<Delivery> unconfirmed;

 private:
  source::Source& source_;
  target::Target& target_;
  DeliveryLog& log_;
  const Cancellation& stop_;
  ReadOptions read_;
  std::function<void()> tick_;
};

}  // namespace peo::loader
