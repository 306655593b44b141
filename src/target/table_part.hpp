// What a delivery brings to one table: its rows on their way in, and what comes of them. A file of one table
// has one of these, a transaction file one for each of the target's tables; of them, those with rows are in
// work. Plain values; the loads (postgres_load, dry_run_target) do the work. One thread.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "target/later_keys.hpp"
#include "target/remove_brake.hpp"
#include "target/staging.hpp"
#include "target/table.hpp"

namespace peo::target {

struct TablePart {
  const Table* table = nullptr;
  std::string incoming{};  // empty on the direct path
  RemoveBrake brake;
  // Of the file in work:
  Table shown{};                 // the table as the file shows it
  std::unique_ptr<Copy> copy{};  // open
  bool any = false;              // it has rows of the table
  bool folded = false;           // one row a key stands in the incoming table
  std::uint64_t copied = 0;      // changes
  std::optional<LaterKeys> later{};
};

class TableParts {
 public:
  // Of a group that goes in together; `tables` must outlive this.
  TableParts(const std::map<std::string, Table>& tables, std::span<const Delivery> group,
             const RemovalLimit& limit);

  std::vector<TablePart>& all() { return parts_; }
  const std::vector<TablePart>& all() const { return parts_; }
  bool several() const { return parts_.size() > 1; }
  TablePart& front() { return parts_.front(); }
  TablePart& of(const std::string& entity) { return parts_[places_.at(entity)]; }

  void begin_file();
  // The part whose COPY is to take the next rows. A connection has one COPY at a time: another one that is
  // open is ended.
  TablePart& turn_to(const std::string& entity);
  void end_copies();
  std::uint64_t copied() const;

  // A late file, behind its rows; see DeliveryLoad.
  bool begin_later(Connection& connection);
  void add_later(const decode::ChangeBatch& batch);
  bool end_later();

 private:
  bool any_left();

  std::vector<TablePart> parts_;
  std::map<std::string, std::size_t> places_;
};

}  // namespace peo::target
