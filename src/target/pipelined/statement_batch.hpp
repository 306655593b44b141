// Small deliveries that go in one statement (sql/apply_small.sql), and so in one transaction: of one table
// and shape, with no key in two of them, and only where one row has nothing to do with another
// (Table::independent_rows). So each does what it would do by itself. One thread.
//
//   BatchShape shape(table, statement);
//   BatchItem part(shape, delivery, event_base, delivery_id, batch);   // batch: null for an empty file
//   if (!group.takes(part)) …                                         // it begins the next group
//   group.add(std::move(part), facts);
//   group.move_to(parameters, entity, message);
//   connection.pipeline_send(shape.statement, parameters);
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

// What deliveries that show the table alike (Table::projected) have in common.
struct BatchShape {
  BatchShape(const Table& table, std::string prepared);

  std::string statement;  // its name on the connection
  ArrayParameters arrays;
  // To tell keys apart. Nothing where only the server can (sort_key.hpp), and where rows aren't apart: then
  // each delivery goes alone.
  std::optional<RowEncoder> encoder;
  std::optional<SortKey> sort_key;
};

// A delivery, before it is known whether it goes this way.
struct BatchItem {
  BatchItem(const BatchShape& shown, const Delivery& delivery, std::uint64_t event_base,
            std::uint64_t delivery_id, const decode::ChangeBatch* batch);

  const BatchShape* shape;
  DeliveryRecord record;
  std::vector<std::string> arrays;              // of its rows
  std::optional<std::set<std::string>> keys{};  // nothing: it goes alone

 private:
  void read_keys(const decode::ChangeBatch& batch);
};

// How many small deliveries are sent before the answers are waited for, and how many of them go alone: after
// a failure few of the former, because all behind it were sent for nothing and are read again, and more of
// the latter with each failure in a row.
class PipelineWindow {
 public:
  std::size_t at_a_time() const { return at_a_time_; }
  bool alone() const { return alone_ != 0; }  // the next one
  void sent() { alone_ -= alone_ == 0 ? 0 : 1; }

  void failed(std::size_t deliveries);     // that were in one statement
  void committed(std::size_t deliveries);  // the same
  void all_committed();                    // that were in flight

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
  // Those of the statement behind record_parameters(); they can be taken once. `message`: as
  // change_message_format() makes it.
  void move_to(std::vector<Parameter>& parameters, const std::string& entity, const Parameter& message);

 private:
  std::vector<BatchItem> parts_;
  std::set<std::string> keys_;
  std::size_t bytes_ = 0;
  DeliveryArrays deliveries_;
  std::vector<std::string> rows_;
};

}  // namespace peo::target
