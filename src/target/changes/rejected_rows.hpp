// Rows that can't be loaded: BAD_ROWS=quarantine_row writes them to loader_rejects, else the first one is an
// error.
//
// They are written in the delivery's own transaction and at once, so that none is kept in memory. A delivery
// with more of them than MAX_BAD_ROWS fails. One thread.
#pragma once
#include <cstdint>
#include <string>

#include "decode/change.hpp"
#include "target/session.hpp"

namespace peo::target {

class RejectedRows {
 public:
  // `session` must outlive this.
  explicit RejectedRows(Session& session) : session_(session) {}

  // Whether the error concerns a single row, without which the others can be loaded.
  static bool accepts(const Error& error) { return refuses_row(error); }
  // How many more rows this delivery may reject.
  std::uint64_t remaining() const {
    return session_.rejects_rows() ? session_.options().bad_rows.most_rows - rows_ : 0;
  }

  void begin_delivery(std::uint64_t delivery_id);
  // Not while a COPY is open. Throws BadDelivery, with the row's place, when there are more than MAX_BAD_ROWS
  // or none may be rejected.
  void add(const decode::BadRow& row);
  std::uint64_t rows() const { return rows_; }  // of the delivery

 private:
  Session& session_;
  std::uint64_t delivery_id_ = 0, rows_ = 0;
};

// A row's bytes as they are in the file, without its line ending; at most decode::most_raw_bytes.
std::string raw_row(const decode::ChangeBatch& batch, std::size_t row);

}  // namespace peo::target
