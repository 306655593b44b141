// Small deliveries through libpq's pipeline: one statement each (sql/apply_small.sql), many under way.
//
// Each is a transaction of its own with its own counts, ledger row and message. Their commits don't wait for
// the disk (synchronous_commit = off); a last commit that does wait makes all of them durable, because the
// WAL is written in order, and only then commit() returns. A crash before that forgets the changes and the
// ledger rows together.
#pragma once
#include <string>
#include <vector>

#include "target/postgres_target.hpp"

namespace peo::target {

class PostgresSmallLoads final : public SmallLoads {
 public:
  explicit PostgresSmallLoads(PostgresTarget& target);
  ~PostgresSmallLoads() override;

  bool take(const FoundDelivery& delivery, const decode::ChangeBatch* batch) override;
  void send(const ReadFacts& facts) override;
  std::size_t sent() const override { return sent_.size(); }
  bool full() const override;
  Result commit() override;

 private:
  struct Sent {
    FoundDelivery delivery;
    std::uint64_t delivery_id = 0;
    std::uint64_t rows = 0, changes = 0;
  };
  Outcome outcome_of(const Sent& sent, const Rows& rows) const;

  PostgresTarget& target_;
  std::vector<Sent> sent_;
  std::size_t sent_bytes_ = 0;
  FoundDelivery delivery_;
  Table table_;                      // as the delivery's file shows it
  std::vector<std::string> arrays_;  // row numbers, operations, then the columns
  std::uint64_t next_event_base_, next_delivery_id_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  bool open_ = false;  // the pipeline
};

}  // namespace peo::target
