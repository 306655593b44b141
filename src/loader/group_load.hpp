// Loads a delivery, or a group of full-load files of one entity, from its reader to its report, and remembers
// what is in doubt when the connection is lost: was it committed? One thread.
#pragma once
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "base/delivery.hpp"
#include "loader/load_delivery.hpp"
#include "loader/read_ahead.hpp"
#include "loader/report.hpp"
#include "target/target.hpp"

namespace peo::loader {

class GroupLoad {
 public:
  // All must outlive this. `tick`: a sign of life, at each file.
  GroupLoad(source::Source& source, target::Target& target, Report& report, const Cancellation& stop,
            ReadOptions read, std::function<void()> tick)
      : source_(source),
        target_(target),
        report_(report),
        stop_(stop),
        read_(std::move(read)),
        tick_(std::move(tick)) {}

  std::unique_ptr<ReadAhead> reader(std::span<const Delivery> deliveries) const;

  // `reader` stands at the first of the group. Throws target::TryAnotherWay when this way can't take them.
  // True: the table has got columns for them.
  bool load(std::span<const Delivery> group, ReadAhead& reader, target::Way way,
            const BeforeEnd& before_end = {});

  // After the target was opened again: those that had been committed are reported.
  void take_up_doubtful();

  std::vector<Delivery> in_doubt;

 private:
  source::Source& source_;
  target::Target& target_;
  Report& report_;
  const Cancellation& stop_;
  ReadOptions read_;
  std::function<void()> tick_;
};

}  // namespace peo::loader
