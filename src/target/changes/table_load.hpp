// The rows of a delivery for one table, while they are loaded. A file of one table has one TableLoad, a
// transaction file one for each of the target's tables. Plain values; staged_load does the work. One thread.
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
#include "target/changes/removal_limit.hpp"
#include "target/changes/superseded_rows.hpp"
#include "target/copy/row_copy.hpp"
#include "target/session.hpp"

namespace peo::target {

struct TableLoad {
  const Table* table = nullptr;
  std::string staging{};
  RemovalCheck removals;
  // Of the current file:
  Table projected{};             // the table with the file's columns
  std::unique_ptr<Copy> copy{};  // while a COPY is open
  bool any = false;              // the file has rows of the table
  bool unlogged = false;         // some of them have no value for a column
  bool partial = false;          // some of them have only the source's key (copy/partial_key.hpp)
  bool compacted = false;        // the staging table has one row per key
  std::uint64_t copied = 0;      // changes
  std::optional<SupersededRows> later{};
};

class TableLoads {
 public:
  // For a group that is loaded together. `session` must outlive this.
  TableLoads(Session& session, StagingTables& staging, std::span<const Delivery> group);

  std::vector<TableLoad>& all() { return parts_; }
  const std::vector<TableLoad>& all() const { return parts_; }
  bool several() const { return parts_.size() > 1; }
  TableLoad& front() { return parts_.front(); }
  TableLoad& of(const std::string& entity) { return parts_[places_.at(entity)]; }

  std::vector<std::string> staging() const;

  void begin_file();
  // The load of the table that the next rows belong to. A connection has one COPY at a time: one that is open
  // for another table is ended.
  TableLoad& switch_to(const std::string& entity);
  void end_copies();
  std::uint64_t copied() const;

  // For a late file, after its rows; see DeliveryLoad.
  bool begin_newer(Connection& connection);
  void add_newer(const decode::ChangeBatch& batch);
  bool end_newer();

 private:
  bool any_left();

  std::vector<TableLoad> parts_;
  std::map<std::string, std::size_t> places_;
};

}  // namespace peo::target
