// Small deliveries that go in one statement (sql/apply_small.sql), and so in one transaction: of one table
// and shape, and with no key in two of them, so that what each did can be told. One thread.
//
//   SmallShape shape(table, statement);
//   SmallPart part(shape, delivery, event_base, delivery_id, batch);   // batch: null for an empty file
//   if (!group.takes(part)) …                                         // it begins the next group
//   group.add(std::move(part), facts);
//   connection.pipeline_send(shape.statement, group.parameters(…));
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "decode/change.hpp"
#include "target/array_text.hpp"
#include "target/key_form.hpp"
#include "target/postgres/connection.hpp"
#include "target/row_encoder.hpp"
#include "target/table.hpp"

namespace peo::target {

// What deliveries that show the table alike (Table::as_carried) have in common.
struct SmallShape {
  SmallShape(const Table& table, std::string prepared);

  std::string statement;  // its name on the connection
  ArrayText arrays;
  // To tell keys apart. Empty where only the server can (key_form.hpp): then each delivery goes alone.
  std::optional<RowEncoder> encoder;
  std::optional<KeyForm> key_form;
};

// A delivery, before it is known whether it goes this way.
struct SmallPart {
  SmallPart(const SmallShape& shown, FoundDelivery found, std::uint64_t event_base, std::uint64_t id,
            const decode::ChangeBatch* batch);

  const SmallShape* shape;
  FoundDelivery delivery;
  std::uint64_t delivery_id;
  std::uint64_t rows = 0, changes = 0;          // of the file
  std::vector<std::string> arrays;              // of its rows
  std::optional<std::set<std::string>> keys{};  // empty: they can't be told from others

 private:
  void read_keys(const decode::ChangeBatch& batch);
};

class SmallGroup {
 public:
  bool empty() const { return parts_.empty(); }
  std::size_t size() const { return parts_.size(); }
  std::size_t bytes() const { return bytes_; }
  const SmallShape& shape() const { return *parts_.front().shape; }
  const std::vector<SmallPart>& parts() const { return parts_; }

  bool takes(const SmallPart& part) const;
  void add(SmallPart part, const ReadFacts& facts);
  // Those of the statement from the deliveries' arrays on; they can be taken once.
  void take_parameters(std::vector<Parameter>& parameters);

 private:
  std::vector<SmallPart> parts_;
  std::set<std::string> keys_;
  std::size_t bytes_ = 0;
  std::vector<std::string> deliveries_;  // arrays with an element for each
  std::vector<std::string> rows_;
};

}  // namespace peo::target
