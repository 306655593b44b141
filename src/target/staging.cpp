#include "target/staging.hpp"

#include <fmt/format.h>

#include "target/postgres/sql_template.hpp"
#include "target_sql.hpp"

namespace peo::target {
namespace {

// Pieces handed to libpq: the best measured on a local connection.
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
// Batches whose line numbers are kept: more than fits between the loader and the server's parser.
constexpr std::size_t remembered_batches = 64;

}  // namespace

std::string row_column() { return "\"loader row\""; }
std::string operation_column() { return "\"loader op\""; }

const std::string& IncomingTables::of(const Table& table) {
  const auto found = names_.find(table.name);
  if (found != names_.end()) return found->second;
  auto name = fmt::format("pg_temp.incoming_{}", names_.size() + 1);
  connection_.query(fill(sql::create_incoming, {{"incoming", name},
                                                {"row", row_column()},
                                                {"op", operation_column()},
                                                {"columns", table.undomained_columns()},
                                                {"table", table.qualified}}));
  return names_.emplace(table.name, std::move(name)).first->second;
}

RowCopy::RowCopy(Connection& connection, const Table& table, Format format, CopyPlace place,
                 const std::string& into)
    : connection_(connection) {
  if (format == Format::Binary) format_ = binary_copy(table, place);
  const bool binary = format_ != nullptr;
  if (!binary) format_ = text_copy(table, place);
  connection_.copy_begin(fmt::format("COPY {} FROM STDIN{}", into, binary ? " (FORMAT binary)" : ""));
}

RowCopy::RowCopy(Connection& connection, const Table& table, Format format, const std::string& into)
    : RowCopy(connection, table, format, {},
              fmt::format("{} ({}, {}, {})", into, row_column(), operation_column(), table.column_list())) {}

RowCopy::RowCopy(Connection& connection, const Table& table, Format format, std::uint64_t event_base,
                 std::uint64_t delivery_id)
    : RowCopy(connection, table, format,
              {.direct = true, .event_base = event_base, .delivery_id = delivery_id},
              fmt::format("{} ({}, event_id, delivery_id)", table.qualified, table.column_list())) {}

void RowCopy::remember_lines(const decode::ChangeBatch& batch) {
  Lines lines;
  if (recent_.size() >= remembered_batches) {
    lines = std::move(recent_.front());
    recent_.pop_front();
  }
  lines.first_row = added_ + 1;
  added_ += batch.rows.size();
  lines.lines.clear();
  for (const auto& row : batch.rows) lines.lines.push_back(row.line);
  recent_.push_back(std::move(lines));
}

// The server counts a COPY's rows; people count the file's lines.
void RowCopy::refused(const CopyRefused& error) const {
  Error named =
      static_cast<const Error&>(error);  // NOLINT(cppcoreguidelines-slicing): the row is used up here
  for (const auto& lines : recent_) {
    if (error.row() >= lines.first_row && error.row() < lines.first_row + lines.lines.size()) {
      named.at({.line = lines.lines[error.row() - lines.first_row]});
    }
  }
  throw Error(named);
}

void RowCopy::add(const decode::ChangeBatch& batch) {
  remember_lines(batch);
  send(format_->rows(batch));
}

void RowCopy::send(std::string_view bytes) {
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
      connection_.copy_data(bytes.substr(at, piece_bytes));
    }
  } catch (const CopyRefused& error) {
    refused(error);
  }
}

std::uint64_t RowCopy::end() {
  send(format_->end());
  try {
    return connection_.copy_end();
  } catch (const CopyRefused& error) {
    refused(error);
  }
}

}  // namespace peo::target
