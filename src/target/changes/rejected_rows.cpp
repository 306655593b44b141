#include "target/changes/rejected_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hexadecimal.hpp"
#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "changes_sql.hpp"

namespace peo::target {
namespace {

// For loader_rejects. If the database's encoding isn't UTF-8, the text may contain characters that it can't
// store.
std::string storable(const Connection& connection, const std::string& text) {
  if (connection.is_utf8()) return text;
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    ascii += byte < 0x80 ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return ascii;
}

}  // namespace

void RejectedRows::begin_delivery(std::uint64_t delivery_id) {
  delivery_id_ = delivery_id;
  rows_ = 0;
}

void RejectedRows::add(const decode::BadRow& row) {
  const auto advice = row.advice.empty() ? "" : " " + row.advice;
  const auto refused =
      Error::bad_delivery(row.reason,
                          "Correct the object or the table; nothing from the delivery was loaded." + advice)
          .with_sqlstate(row.sqlstate)
          .at({.line = row.line, .column = row.column, .byte = row.byte_offset});
  if (remaining() == 0) {
    if (!session_.rejects_rows()) throw Error(refused);
    const auto too_many =
        fmt::format("more than {} of its rows can't be loaded (MAX_BAD_ROWS), this one: ", rows_);
    throw Error::bad_delivery(too_many + row.reason,
                              "Correct the object or the table, or raise MAX_BAD_ROWS; nothing from the "
                              "delivery was loaded." +
                                  advice)
        .without_values(too_many + refused.without_values())
        .with_sqlstate(row.sqlstate)
        .at(refused.place());
  }
  ++rows_;
  const auto code = row.sqlstate.empty() ? "" : fmt::format(" (SQLSTATE {})", row.sqlstate);
  const auto reason_end = advice.empty() ? "" : "." + advice;
  if (session_.logs_rejected_rows()) {
    log::warning(ErrorText{row.reason + reason_end, refused.without_values() + code + reason_end}.after(
        fmt::format("Delivery {}: line {}{}{} is rejected: ", delivery_id_, row.line,
                    row.column.empty() ? "" : " column ", row.column)));
  }
  auto& connection = session_.connection();
  const auto unless_empty = [&](const std::string& text) {
    return text.empty() ? Parameter() : Parameter(storable(connection, text));
  };
  connection.query(fill(sql::reject, {{"rejects", session_.own("loader_rejects")}}),
                   {std::to_string(delivery_id_), std::to_string(row.line), std::to_string(row.byte_offset),
                    unless_empty(row.column), unless_empty(row.value),
                    storable(connection, row.reason + reason_end), unless_empty(row.sqlstate),
                    // bytea, since a bad row may be invalid UTF-8.
                    "\\x" + hexadecimal(row.raw)});
}

std::string raw_row(const decode::ChangeBatch& batch, std::size_t row) {
  const auto begin = batch.rows[row].begin;
  std::string text;
  // Unquoting has changed the bytes of these rows in the batch.
  if (const auto original = batch.raw_rows.find(begin); original != batch.raw_rows.end()) {
    text = original->second;
  } else {
    std::size_t end = batch.used;
    for (std::size_t next = row + 1; next < batch.rows.size(); ++next) {
      if (batch.rows[next].begin == begin) continue;  // a row whose key changes is two changes
      end = batch.rows[next].begin;
      break;
    }
    for (const auto& other : batch.bad) {
      if (other.begin > begin) end = std::min<std::size_t>(end, other.begin);
    }
    text.assign(batch.bytes.data() + begin, std::min(end - begin, decode::most_raw_bytes));
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace peo::target
