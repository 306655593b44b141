#include "target/copy/row_copy.hpp"

#include <fmt/format.h>

#include "base/sql_template.hpp"
#include "copy_sql.hpp"
#include "target/schema/wider_type.hpp"

namespace peo::target {
namespace {

// Bytes passed to libpq at a time: the fastest on a local connection, measured.
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
// More rows than fit between the loader and the server's parser.
constexpr std::size_t remembered_rows = std::size_t{128} * 1024;

void send_pieces(Connection& connection, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes)
    connection.copy_data(bytes.substr(at, piece_bytes));
}

}  // namespace

std::string row_column() { return own_column("row"); }
std::string operation_column() { return own_column("op"); }
std::string unlogged_column() { return own_column("unlogged"); }

std::string into_staging(const Table& table, const std::string& staging, Format format) {
  const auto unlogged = format == Format::Text ? unlogged_column() + ", " : std::string();
  return fmt::format("{} ({}, {}, {}{})", staging, row_column(), operation_column(), unlogged,
                     table.column_list());
}

const std::string& StagingTables::of(const Table& table) {
  const auto found = names_.find(table.name);
  if (found != names_.end()) return found->second;
  auto name = fmt::format("pg_temp.staging_{}", names_.size() + 1);
  connection_.query(fill(sql::create_staging, {{"staging", name},
                                               {"row", row_column()},
                                               {"op", operation_column()},
                                               {"unlogged", unlogged_column()},
                                               {"columns", table.base_type_columns()},
                                               {"table", table.qualified}}));
  return names_.emplace(table.name, std::move(name)).first->second;
}

void StagingTables::drop() {
  for (const auto& [table, name] : names_) connection_.query("DROP TABLE IF EXISTS " + name);
  forget();
}

// A single column without an encoder requires text format, because a COPY has one format.
Format RowCopy::format_for(const Table& table, Format format) {
  return RowEncoder::without_encoder(table) == nullptr ? format : Format::Text;
}

RowCopy::RowCopy(Connection& connection, const Table& table, Format format, CopyPlace place,
                 const std::string& into)
    : connection_(connection), table_(table) {
  const bool binary = format == Format::Binary;
  format_ = binary ? binary_copy(table, place) : text_copy(table, place);
  connection_.copy_begin(fmt::format("COPY {} FROM STDIN{}", into, binary ? " (FORMAT binary)" : ""));
}

RowCopy::RowCopy(Connection& connection, const Table& table, Format format, const std::string& into)
    : RowCopy(connection, table, format_for(table, format), {},
              into_staging(table, into, format_for(table, format))) {}

RowCopy::RowCopy(Connection& connection, const Table& table, Format format, std::uint64_t event_base,
                 std::uint64_t delivery_id)
    : RowCopy(connection, table, format_for(table, format),
              {.direct = true, .event_base = event_base, .delivery_id = delivery_id},
              fmt::format("{} ({}, event_id, delivery_id)", table.qualified, table.column_list())) {}

std::unique_ptr<RowCopy> RowCopy::of_keys(Connection& connection, const Table& table,
                                          const std::string& into) {
  return std::unique_ptr<RowCopy>(new RowCopy(connection, table, Format::Text, {.key_alone = true},
                                              into_staging(table, into, Format::Text)));
}

std::unique_ptr<RowCopy> RowCopy::behind(Connection& connection, const Table& table, const std::string& into,
                                         std::uint64_t rows_before) {
  return std::unique_ptr<RowCopy>(new RowCopy(connection, table, Format::Text, {.rows_before = rows_before},
                                              into_staging(table, into, Format::Text)));
}

void RowCopy::add(const decode::ChangeBatch& batch) {
  for (const auto& row : batch.rows) lines_.sent(row.line);
  send(format_->rows(batch, 0, batch.rows.size()));
}

void RowCopy::put(const decode::ChangeBatch& batch, std::size_t first, std::size_t last) {
  for (auto row = first; row < last; ++row) lines_.sent(batch.rows[row].line);
  connection_.copy_put(format_->rows(batch, first, last));
}

bool RowCopy::takes() {
  try {
    return connection_.copy_takes();
  } catch (const CopyRefused& error) {
    lines_.refused(error, table_);
  }
}

void RowCopy::send(std::string_view bytes) {
  try {
    send_pieces(connection_, bytes);
  } catch (const CopyRefused& error) {
    lines_.refused(error, table_);
  }
}

std::uint64_t RowCopy::end() {
  send(format_->end());
  try {
    return connection_.copy_end();
  } catch (const CopyRefused& error) {
    lines_.refused(error, table_);
  }
}

SentLines::SentLines() : lines_(remembered_rows) {}

void SentLines::refused(const CopyRefused& error, const Table& table) const {
  Error named =
      static_cast<const Error&>(error);  // NOLINT(cppcoreguidelines-slicing): the row is not needed any more
  // The ring has the last rows only; the server may refuse an older one, whose line is then not reported.
  const bool known = error.row() >= 1 && error.row() <= rows_ && error.row() + lines_.size() > rows_;
  if (known) named.at({.line = lines_[(error.row() - 1) % lines_.size()]});
  if (const auto hint = widening_hint(table, error.place().column, error.sqlstate(), error.value());
      !hint.empty())
    named.advise(hint);
  throw Error(named);
}

std::unique_ptr<CompactedCopy> CompactedCopy::of(Connection& connection, const Table& table,
                                                 const std::string& into,
                                                 compaction::Compaction& compaction) {
  constexpr std::size_t before = 2;  // row number and operation
  auto encoder = RowEncoder::of(table, {});
  auto sort_key = SortKey::of(table, before);
  if (!encoder || !sort_key) return nullptr;
  return std::unique_ptr<CompactedCopy>(
      new CompactedCopy(connection, table, into, compaction, std::move(*encoder), std::move(*sort_key)));
}

CompactedCopy::CompactedCopy(Connection& connection, const Table& table, const std::string& into,
                             compaction::Compaction& compaction, RowEncoder encoder, SortKey sort_key)
    : connection_(connection),
      table_(table),
      copy_(fmt::format("COPY {} FROM STDIN (FORMAT binary)", into_staging(table, into, Format::Binary))),
      compaction_(compaction),
      encoder_(std::move(encoder)),
      sort_key_(std::move(sort_key)) {
  compaction_.clear();
}

void CompactedCopy::add(const decode::ChangeBatch& batch) {
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    const auto& change = batch.rows[row];
    // Keys that change must be seen in the order of the rows (changes/key_updates.hpp).
    if (change.operation == decode::Operation::KeyUpdated) throw NotCompacted{"the key of a row changes"};
    out_.clear();
    encoder_.append(batch, row, out_);
    if (!sort_key_.read(out_.bytes(), key_))
      throw NotCompacted{fmt::format("only the server can compare the key of line {}", change.line)};
    try {
      compaction_.add({.key = key_, .row = out_.bytes(), .line = change.line});
    } catch (const compaction::SpillFailed& failed) {
      throw NotCompacted{failed.what()};
    }
  }
}

std::uint64_t CompactedCopy::end() {
  // In the order of sending, which is the key's and not the file's.
  SentLines lines;
  std::uint64_t rows = 0;
  try {
    compaction_.sort();
    connection_.copy_begin(copy_);
    out_.clear();
    encode::write_header(out_);
    while (const auto entry = compaction_.next()) {
      lines.sent(entry->line);
      ++rows;
      out_.commit(encode::store_bytes(out_.reserve(entry->row.size()), entry->row));
      if (out_.size() >= piece_bytes) send();
    }
    encode::write_trailer(out_);
    send();
    // A last line of defence: a lost row would be a silent error.
    if (connection_.copy_end() != rows)
      throw Error::internal("the server copied fewer rows than it was sent");
  } catch (const CopyRefused& error) {
    lines.refused(error, table_);
  } catch (const compaction::SpillFailed& failed) {
    throw NotCompacted{failed.what()};
  }
  return compaction_.added();
}

void CompactedCopy::send() {
  send_pieces(connection_, out_.bytes());
  out_.clear();
}

}  // namespace peo::target
