// Rows that can't be loaded, on their way into loader_rejects: BAD_ROWS=quarantine_row.
//
// They are written in the delivery's own transaction, at once, so that none is kept here; more of them than
// MAX_BAD_ROWS end the delivery. A dry run counts them only. One thread.
#pragma once
#include <cstdint>
#include <string>

#include "base/policies.hpp"
#include "decode/change.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

class RejectedRows {
 public:
  // `rejects`: the table, qualified; empty in a dry run. All must outlive this.
  RejectedRows(Connection& connection, const BadRowPolicy& policy, std::string rejects)
      : connection_(connection), policy_(policy), rejects_(std::move(rejects)) {}

  bool enabled() const { return policy_.action == BadRows::QuarantineRow; }
  // Whether the error is of a row, so that the others may go in without it.
  bool accepts(const Error& error) const;
  // How many more may come in this delivery.
  std::uint64_t remaining() const { return policy_.most_rows - rows_; }

  void begin_delivery(std::uint64_t delivery_id);
  // Not while a COPY is open. Throws BadDelivery when there are more than may be.
  void add(const decode::BadRow& row);
  std::uint64_t rows() const { return rows_; }  // of the delivery

 private:
  Connection& connection_;
  const BadRowPolicy& policy_;
  std::string rejects_;
  std::uint64_t delivery_id_ = 0, rows_ = 0;
};

// A row's bytes as they stand in the file, without its line ending; at most decode::most_raw_bytes.
std::string raw_row(const decode::ChangeBatch& batch, std::size_t row);

}  // namespace peo::target
