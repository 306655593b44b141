// Small deliveries through libpq's pipeline: several in a statement, which is a transaction (small_group.hpp,
// sql/apply_small.sql), and many statements under way.
//
// Each delivery has its own counts, ledger row and message. When a statement of several fails, the deliveries
// in it go one by one the next time: so each has its own failure too. Their commits don't wait for the disk
// (synchronous_commit = off); a last commit that does wait makes all of them durable, because the WAL is
// written in order, and only then commit() returns. A crash before that forgets the changes and the ledger
// rows together.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "target/pipelined/statement_batch.hpp"
#include "target/postgres_target.hpp"

namespace peo::target {

class PostgresPipelinedLoads final : public PipelinedLoads {
 public:
  explicit PostgresPipelinedLoads(PostgresTarget& target);
  ~PostgresPipelinedLoads() override;

  bool take(const Delivery& delivery, const decode::ChangeBatch* batch) override;
  void send(const FileStats& facts) override;
  bool full() const override;
  Result commit() override;

 private:
  const BatchShape& shape_of(const Table& table);
  void open();
  void send_group();
  std::vector<Outcome> outcomes_of(const StatementBatch& group, const Rows& rows) const;

  PostgresTarget& target_;
  std::map<std::string, BatchShape> shapes_;  // by the statement's name
  std::optional<BatchItem> taken_;
  StatementBatch group_;  // not sent yet
  std::vector<StatementBatch> under_way_;
  std::size_t sent_ = 0, sent_bytes_ = 0;
  std::uint64_t next_event_base_, next_delivery_id_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  bool open_ = false;  // the pipeline
};

}  // namespace peo::target
