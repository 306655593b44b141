// Small deliveries in one statement (apply_batch.sql), and so in one transaction. They have one table and the
// same columns, no two hold the same key, and the table's rows are independent of each other
// (Table::independent_rows): so each has the same effect as alone. One thread.
//
//   BatchShape shape(table, statement);
//   BatchItem item(shape, delivery, event_base, delivery_id, rows);   // rows: null for an empty file
//   if (!batch.takes(item)) …                                         // send the batch, and begin the next
//   one batch.add(std::move(item), facts); batch.move_to(parameters, entity, message);
//   connection.pipeline_send(batch.shape().statement, parameters);
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "decode/change.hpp"
#include "target/copy/row_encoder.hpp"
#include "target/copy/sort_key.hpp"
#include "target/ledger/delivery_records.hpp"
#include "target/pipelined/array_parameters.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// What deliveries with the same columns of a table (Table::projected) have in common.
struct BatchShape {
  BatchShape(const Table& table, std::string prepared);

  std::string statement;  // its name on the connection
  ArrayParameters arrays;
  // Distinguishes keys. Empty where only the server can (sort_key.hpp), and where rows aren't independent:
  // then each delivery goes alone.
  std::optional<RowEncoder> encoder;
  std::optional<SortKey> sort_key;
};

// A delivery to be added to a batch.
struct BatchItem {
  BatchItem(const BatchShape& shown, const Delivery& delivery, std::uint64_t event_base,
            std::uint64_t delivery_id, const decode::ChangeBatch* batch);

  const BatchShape* shape;
  DeliveryRecord record;
  std::vector<std::string> arrays;              // of its rows
  std::optional<std::set<std::string>> keys{};  // none: it goes alone

 private:
  void read_keys(const decode::ChangeBatch& batch);
};

// How many small deliveries are sent before their results are read, and how many of them go alone. After a
// failure fewer are sent, because all that follow the failed one were sent for nothing and are read again.
// And more are sent alone with each consecutive failure, because each failed batch costs a round trip and
// doesn't show which delivery failed.
class PipelineWindow {
 public:
  std::size_t at_a_time() const { return at_a_time_; }
  bool alone() const { return alone_ != 0; }  // the next one
  void sent() { alone_ -= alone_ == 0 ? 0 : 1; }

  void failed(std::size_t deliveries);     // in one statement
  void committed(std::size_t deliveries);  // the same
  void all_committed();                    // that were in flight
  // So many are to be sent next, because they were rolled back only together with the one that failed.
  void next(std::size_t deliveries) { at_a_time_ = deliveries; }

 private:
  static constexpr std::size_t most = 1024, least = 32;
  std::size_t at_a_time_ = most;
  std::size_t alone_ = 0, last_alone_ = 0;
};

class StatementBatch {
 public:
  bool empty() const { return parts_.empty(); }
  std::size_t size() const { return parts_.size(); }
  std::size_t bytes() const { return bytes_; }
  const BatchShape& shape() const { return *parts_.front().shape; }
  const std::vector<BatchItem>& parts() const { return parts_; }

  bool takes(const BatchItem& part) const;
  void add(BatchItem part, const FileStats& facts);
  // Appends the statement's parameters after those of record_parameters(). Only once. `message`: made by
  // change_message_format().
  void move_to(std::vector<Parameter>& parameters, const std::string& entity, const Parameter& message);

 private:
  std::vector<BatchItem> parts_;
  std::set<std::string> keys_;
  std::size_t bytes_ = 0;
  DeliveryArrays deliveries_;
  std::vector<std::string> rows_;
};

}  // namespace peo::target
