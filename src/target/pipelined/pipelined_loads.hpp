// Small deliveries through libpq's pipeline: several in one statement, which is one transaction
// (statement_batch.hpp, apply_batch.sql), and many statements in flight.
//
// Each delivery has its own counts, ledger row and message. When a statement of several deliveries fails,
// they are loaded one by one the next time, so that each fails individually. Their commits don't wait for the
// disk (synchronous_commit = off). A last commit that does wait makes all of them durable, because the WAL is
// written in order, and only then commit() returns. A crash before that loses the changes together with the
// ledger rows. On Citus all statements are one transaction. One thread.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "target/pipelined/statement_batch.hpp"
#include "target/session.hpp"
#include "target/target.hpp"

namespace peo::target {

// Whether small deliveries of the table can be loaded in the pipeline. (They are too small for the limit on
// removals, which is checked between the changes and the commit. Here the two are one statement.)
bool can_pipeline(const Table& table);

// What the pipelines of a connection share: the prepared statements, and how much is sent at a time.
class Pipeline {
 public:
  explicit Pipeline(Session& session) : session_(session) {}
  // They were the old session's, or a table has other columns now.
  void forget() { statements_.clear(); }

  // The name of the statement for files with these columns (Table::projected); prepared when first used.
  const std::string& statement(const Table& projected);
  bool has_statement(const Table& projected) const;

  PipelineWindow window{};

 private:
  Session& session_;
  std::map<std::string, std::string> statements_;  // by table and columns
  std::uint64_t prepared_ = 0;                     // ever, so that a name isn't used twice in a session
};

class PostgresPipelinedLoads final : public PipelinedLoads {
 public:
  PostgresPipelinedLoads(Session& session, Pipeline& pipeline);
  ~PostgresPipelinedLoads() override;

  bool take(const Delivery& delivery, const decode::ChangeBatch* batch) override;
  void send(const FileStats& facts) override;
  bool full() const override;
  Result commit() override;

 private:
  const BatchShape& shape_of(const Table& table);
  void open();
  void send_batch();
  std::vector<std::string> end_statements() const;
  void count(const StatementBatch& batch);
  void failed(const StatementBatch& batch, std::size_t before, const Error& error, Result& result);
  bool read_answers(Result& result);
  bool read_end(Result& result);
  std::vector<Outcome> outcomes_of(const StatementBatch& batch, const Rows& rows) const;

  Session& session_;
  Pipeline& pipeline_;
  std::map<std::string, BatchShape> shapes_;  // by the statement's name
  std::optional<BatchItem> taken_;
  StatementBatch batch_;  // not sent yet
  std::vector<StatementBatch> in_flight_;
  std::size_t sent_ = 0, sent_bytes_ = 0;
  std::uint64_t next_event_base_, next_delivery_id_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  bool open_ = false;   // the pipeline
  bool alone_ = false;  // what was sent last went alone
};

}  // namespace peo::target
