// What a delivery brings to one table: its rows on their way in, and what comes of them. A file of one table
// has one of these, a transaction file one for each of the target's tables. Plain values; staged_load does
// the work. One thread.
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
  // Of the file in work:
  Table projected{};             // the table as the file shows it
  std::unique_ptr<Copy> copy{};  // open
  bool any = false;              // it has rows of the table
  bool compacted = false;        // one row a key stands in the staging table
  std::uint64_t copied = 0;      // changes
  std::optional<SupersededRows> later{};
};

class TableLoads {
 public:
  // Of a group that is loaded together. Both must outlive this.
  TableLoads(Session& session, StagingTables& staging, std::span<const Delivery> group);

  std::vector<TableLoad>& all() { return parts_; }
  const std::vector<TableLoad>& all() const { return parts_; }
  bool several() const { return parts_.size() > 1; }
  TableLoad& front() { return parts_.front(); }
  TableLoad& of(const std::string& entity) { return parts_[places_.at(entity)]; }

  std::vector<std::string> staging() const;

  void begin_file();
  // The part whose COPY is to take the next rows. A connection has one COPY at a time: another one that is
  // open is ended.
  TableLoad& switch_to(const std::string& entity);
  void end_copies();
  std::uint64_t copied() const;

  // A late file, behind its rows; see DeliveryLoad.
  bool begin_newer(Connection& connection);
  void add_newer(const decode::ChangeBatch& batch);
  bool end_newer();

 private:
  bool any_left();

  std::vector<TableLoad> parts_;
  std::map<std::string, std::size_t> places_;
};

}  // namespace peo::target
