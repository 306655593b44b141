// Loads the first deliveries of a queue: a single one, a group of full-load files of one entity, or many
// small ones in a pipeline. Handles failures of loading: falls back to another load method, quarantines bad
// deliveries (BAD_ROWS=quarantine_delivery), and resolves commits whose reply was lost with the connection.
// Other errors are thrown. One thread.
#pragma once
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "base/delivery.hpp"
#include "base/liveness.hpp"
#include "loader/delivery_log.hpp"
#include "loader/delivery_queue.hpp"
#include "loader/load_delivery.hpp"
#include "loader/parse_ahead.hpp"
#include "loader/quarantine.hpp"
#include "target/target.hpp"

namespace peo::loader {

// The method to try after `failed`. Each step leads to a slower method, so falling back ends. An internal
// error if there is none: the target must not give this reason for this method.
target::LoadMethod next_method(target::LoadMethod failed, target::FallBack::Reason reason);

class BatchLoader {
 public:
  // All must outlive this. `on_commit` is called after each commit.
  BatchLoader(source::Source& source, target::Loads& loads, DeliveryLog& log, Quarantine& quarantine,
              Liveness& liveness, const Cancellation& stop, ReadOptions read, OnCommit on_commit)
      : source_(source),
        loads_(loads),
        log_(log),
        quarantine_(quarantine),
        liveness_(liveness),
        stop_(stop),
        read_(std::move(read)),
        on_commit_(std::move(on_commit)) {}

  std::unique_ptr<ParseAhead> reader(std::span<const Delivery> deliveries) const;
  DeliveryQueue queue(std::span<const Delivery> deliveries) const {
    return {deliveries, [this](auto rest) { return reader(rest); }};
  }

  // Loads the first `count` of the queue, or those before a stop: together by a direct method or as a reload,
  // else one by one. Returns how many of them are loaded; the others are quarantined.
  std::size_t load(DeliveryQueue& queue, std::size_t count, target::LoadMethod method,
                   const BeforeCommit& before_commit = {});

  bool is_small(const Delivery& delivery) const;
  // Loads the small deliveries at the front of the queue. False: the pipeline can't load the next one.
  bool load_pipelined(DeliveryQueue& queue);

  // After the target was reopened: finds out which of the last deliveries were committed.
  void resolve_unconfirmed();

 private:
  void load_together(DeliveryQueue& queue, std::size_t count, target::LoadMethod method,
                     const BeforeCommit& before_commit);

  source::Source& source_;
  target::Loads& loads_;
  DeliveryLog& log_;
  Quarantine& quarantine_;
  Liveness& liveness_;
  const Cancellation& stop_;
  ReadOptions read_;
  OnCommit on_commit_;
  // By entity: the size of the smallest object that had too many rows for the pipeline.
  std::map<std::string, std::uint64_t> too_many_rows_from_;
  std::vector<Delivery> unconfirmed_;  // started, not known to be committed
};

}  // namespace peo::loader
