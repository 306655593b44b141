#include "decode/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/error.hpp"
#include "base/identifiers.hpp"

namespace peo::decode {
namespace {

using std::chrono::steady_clock;

const char* const compare_hint = "Compare the object with its source; nothing from it was loaded.";

// More than the columns of any PostgreSQL table. Further fields are only counted, so that a line of commas
// takes no memory.
constexpr std::size_t most_fields = 5000;

// The bytes at which an unquoted field may end or be invalid.
std::string special_bytes(const FileFormat& format) {
  std::string bytes(1, format.delimiter.front());
  bytes += format.row_delimiter.empty() ? "\n\r" : format.row_delimiter.substr(0, 1);
  if (format.quoting) bytes += '"';
  return bytes;
}

std::uint64_t sizes_of(const std::vector<std::string>& tokens) {
  std::uint64_t sizes = 0;
  for (const auto& token : tokens) sizes |= std::uint64_t{1} << std::min<std::size_t>(token.size(), 63);
  return sizes;
}

// Undoubles the quotes of a quoted field.
std::string unquoted(std::string_view text, bool doubled) {
  std::string plain(text);
  if (!doubled) return plain;
  for (std::size_t at = plain.find('"'); at != std::string::npos; at = plain.find('"', at + 1))
    plain.erase(at, 1);
  return plain;
}

RowLayout every_field(std::size_t width) {
  RowLayout shape;
  shape.places.resize(width);
  std::iota(shape.places.begin(), shape.places.end(), 0);
  shape.mapping = std::make_shared<const ColumnMapping>(ColumnMapping{
      .columns = {shape.places.begin(), shape.places.end()}, .known = static_cast<std::uint32_t>(width)});
  return shape;
}

// Enough for a tiny file: many of them are read ahead, and this avoids clearing unused memory.
constexpr std::size_t first_bytes = std::size_t{16} * 1024;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool begins_with_mark(const ChangeBatch& batch, std::size_t at) {
  return batch.bytes[at] == byte_order_mark[0] &&
         std::string_view(batch.bytes.data() + at, batch.used - at).starts_with(byte_order_mark);
}

std::string_view without_row_end(std::string_view row) {
  return row.substr(0, row.find_last_not_of("\r\n") + 1);
}

std::size_t room(const ChangeBatch& batch) { return batch.bytes.size() - scan_padding; }

}  // namespace

ChangeParser::ChangeParser(ByteStream& plain, ParseOptions options)
    : plain_(plain),
      options_(std::move(options)),
      scan_(special_bytes(options_.format)),
      simple_(options_.format.delimiter.size() == 1 && options_.format.row_delimiter.empty()),
      null_sizes_(sizes_of(options_.format.null_tokens)) {
  // A field's length must fit in Field::length.
  options_.max_row_bytes = std::min<std::size_t>(options_.max_row_bytes, most_field_bytes);
  // In a full load every column has a value, so the text is data.
  if (options_.kind == DeliveryKind::FullLoad && !options_.as_it_stands) options_.format.no_sup_value.clear();
  if (!options_.tables) {
    tables_.push_back({.table = {.entity = options_.entity,
                                 .columns = std::move(options_.columns),
                                 .entries = std::move(options_.entries)}});
  } else {
    tables_.reserve(options_.tables->size() + 1);  // never empty, and never moved
    for (const auto& table : *options_.tables) tables_.push_back({.table = table});
    std::vector<std::string> names;
    SourceTables sources;
    for (auto& rows : tables_) {
      names.push_back(rows.table.entity);
      if (rows.table.source) sources.emplace(rows.table.entity, *rows.table.source);
      by_entity_.emplace(rows.table.entity, &rows);
    }
    names_ = TableNames(std::move(names), sources);
    if (tables_.empty()) tables_.emplace_back();
  }
  current_ = &tables_.front();
  if (options_.parquet) line_ = 0;  // the header doesn't count as a row
}

std::vector<std::string> ChangeParser::ignored_columns() const {
  std::vector<std::string> all;
  for (const auto& one : tables_) {
    if (!one.shape) continue;
    for (const auto& what : one.shape->ignored_columns)
      all.push_back(options_.tables ? one.table.entity + ": " + what : what);
  }
  return all;
}

std::optional<std::vector<std::string>> ChangeParser::absent_columns() const {
  const auto& shape = tables_.front().shape;
  if (options_.tables || !shape || !shape->header) return std::nullopt;
  return shape->absent_columns;
}

std::map<std::string, std::uint64_t> ChangeParser::rows_of() const {
  std::map<std::string, std::uint64_t> rows;
  if (!options_.tables) return rows;
  for (const auto& one : tables_) {
    if (one.rows != 0) rows.emplace(one.table.entity, one.rows);
  }
  return rows;
}

void ChangeParser::refuse(const std::string& what, std::size_t at, const char* hint) const {
  throw Error::bad_file(what, hint).at({.step = Step::Parse, .line = line_, .byte = base_ + at});
}

void ChangeParser::refuse_long_row(std::size_t at) const {
  refuse(fmt::format("a row is longer than {} bytes", options_.max_row_bytes), at,
         "Check for a missing quote; if the row is correct, raise MAX_ROW_BYTES.");
}

// Fills up the batch's bytes.
void ChangeParser::fill(ChangeBatch& batch) {
  const auto began = steady_clock::now();
  while (batch.used < room(batch) && !at_end_) {
    const auto got = plain_.read({batch.bytes.data() + batch.used, room(batch) - batch.used});
    at_end_ = got == 0;
    batch.used += got;
  }
  scan_.reset(batch.bytes.data());
  seconds_reading_ += std::chrono::duration<double>(steady_clock::now() - began).count();
}

bool ChangeParser::next(ChangeBatch& batch) {
  if (!options_.tables) return next_bytes(batch);
  while (!hand_on(batch)) {
    if (!next_bytes(bytes_)) return false;
  }
  return true;
}

// Transaction files: returns the rows of one table from the bytes that were read last.
bool ChangeParser::hand_on(ChangeBatch& batch) {
  for (auto& rows : tables_) {
    if (rows.batch.rows.empty() && rows.batch.bad.empty()) continue;
    batch = std::exchange(rows.batch, {});
    finish(batch, rows);
    return true;
  }
  return false;
}

void ChangeParser::finish(ChangeBatch& batch, const TableRows& rows) const {
  batch.entity = rows.table.entity;
  batch.rows_read = rows_;
  if (!rows.shape) return;
  batch.mapping = rows.shape->mapping;
  batch.width = batch.mapping->columns.size();
}

bool ChangeParser::took_rows(const ChangeBatch& batch) const {
  const auto any = [](const ChangeBatch& one) { return !one.rows.empty() || !one.bad.empty(); };
  if (!options_.tables) return any(batch);
  return std::any_of(tables_.begin(), tables_.end(), [&](const auto& rows) { return any(rows.batch); });
}

// Reads a batch of rows, at least one that isn't ignored; false at the end.
bool ChangeParser::next_bytes(ChangeBatch& batch) {
  batch.clear();
  if (batch.bytes.size() > 4 * options_.batch_bytes) std::vector<char>().swap(batch.bytes);  // a long row's
  batch.bytes.resize(
      std::max(std::max(std::min(first_bytes, options_.batch_bytes), tail_.size() + 1) + scan_padding,
               batch.bytes.size()));
  std::copy(tail_.begin(), tail_.end(), batch.bytes.begin());
  batch.used = tail_.size();
  tail_.clear();
  batch.file_offset = base_ = file_offset_;
  std::size_t at = 0;
  while (true) {
    fill(batch);
    while (!at_end_ && room(batch) < options_.batch_bytes) {
      batch.bytes.resize(std::min(room(batch) * 2, options_.batch_bytes) + scan_padding);
      fill(batch);
    }
    // A byte order mark at the beginning of the file isn't data.
    if (base_ == 0 && at == 0 && begins_with_mark(batch, 0)) at = byte_order_mark.size();
    Record record;
    while (at < batch.used && scan(batch, at, record)) {
      if (record.length > options_.max_row_bytes) refuse_long_row(at);
      if (!record.blank) take_row(batch, at, record);
      at += record.length;
      line_ += options_.parquet ? 1 : record.lines;
    }
    if (took_rows(batch) || (at_end_ && at == batch.used)) break;
    if (at > 0) {  // only empty lines or a header so far: make room
      std::memmove(batch.bytes.data(), batch.bytes.data() + at, batch.used - at);
      batch.used -= at;
      batch.file_offset = base_ = base_ + at;
      at = 0;
      continue;
    }
    if (room(batch) >= options_.max_row_bytes) refuse_long_row(0);
    batch.bytes.resize(std::min(room(batch) * 2, options_.max_row_bytes) + scan_padding);
  }
  file_offset_ = base_ + at;
  tail_.assign(batch.bytes.begin() + static_cast<std::ptrdiff_t>(at),
               batch.bytes.begin() + static_cast<std::ptrdiff_t>(batch.used));
  batch.used = at;
  if (!options_.tables) finish(batch, tables_.front());
  return took_rows(batch);
}

// Finds the end of the quoted field whose opening quote is at `at`; returns the position after the closing
// quote, or 0 when the buffer ends before it is certain.
std::size_t ChangeParser::quoted_end(const ChangeBatch& batch, std::size_t begin, std::size_t at,
                                     Record& record, bool& doubled) {
  const char* data = batch.bytes.data();
  std::size_t i = at + 1;
  while (true) {
    const auto* quote = static_cast<const char*>(std::memchr(data + i, '"', batch.used - i));
    const std::size_t stop = quote == nullptr ? batch.used : static_cast<std::size_t>(quote - data);
    record.lines += static_cast<std::uint64_t>(std::count(data + i, data + stop, '\n'));
    if (quote == nullptr) {
      if (at_end_) refuse("a quote is never closed", begin, compare_hint);
      return 0;
    }
    i = stop + 1;
    if (i == batch.used) return at_end_ ? i : 0;
    if (data[i] != '"') return i;
    doubled = true;
    ++i;
  }
}

// The meaning of the byte at `at` outside quotes.
ChangeParser::Mark ChangeParser::mark_at(const char* data, std::size_t at, std::size_t used) const {
  const char c = data[at];
  if (!simple_) return odd_mark_at(data, at, used);
  if (c == options_.format.delimiter[0]) return Mark::Field;
  if (c == '\n') return Mark::Row;
  if (c == '\r') {  // alone it is data
    if (at + 1 == used) return at_end_ ? Mark::Data : Mark::Unsure;
    return data[at + 1] == '\n' ? Mark::RowWithReturn : Mark::Data;
  }
  return c == '"' && options_.format.quoting ? Mark::Wrong : Mark::Data;
}

// The same with a delimiter of several bytes, or a custom row delimiter.
ChangeParser::Mark ChangeParser::odd_mark_at(const char* data, std::size_t at, std::size_t used) const {
  const auto& format = options_.format;
  const std::string_view rest(data + at, std::min<std::size_t>(used - at, 64));
  const std::string_view row = format.row_delimiter;
  const auto may_come = [&](std::string_view whole) { return !at_end_ && whole.starts_with(rest); };
  if (row.empty()) {
    if (rest[0] == '\n') return Mark::Row;
    if (rest.starts_with("\r\n")) return Mark::RowWithReturn;
    if (may_come("\r\n")) return Mark::Unsure;
  } else {
    if (rest.starts_with(row)) return Mark::Row;
    if (may_come(row)) return Mark::Unsure;
  }
  if (rest.starts_with(format.delimiter)) return Mark::Field;
  if (may_come(format.delimiter)) return Mark::Unsure;
  return rest[0] == '"' && format.quoting ? Mark::Wrong : Mark::Data;
}

inline bool ChangeParser::is_null(const char* data, const Piece& piece) const {
  const auto& format = options_.format;
  if (piece.quoted && !format.quoted_null) return false;
  if ((null_sizes_ >> std::min<std::uint32_t>(piece.length, 63) & 1U) == 0) return false;
  const std::string_view text(data + piece.begin, piece.length);
  return std::ranges::any_of(format.null_tokens, [text](const auto& token) { return token == text; });
}

inline Field ChangeParser::field_of(char* data, Piece& piece) const {
  const bool null = is_null(data, piece);
  if (piece.doubled) {
    char* out = data + piece.begin;
    for (std::uint32_t i = 0; i < piece.length; ++i) {
      *out++ = data[piece.begin + i];
      if (data[piece.begin + i] == '"') ++i;
    }
    piece.length = static_cast<std::uint32_t>(out - (data + piece.begin));
    piece.doubled = false;
  }
  return {piece.begin, piece.length & most_field_bytes, null ? 1U : 0U};
}

inline void ChangeParser::keep(const Piece& piece, Record& record) {
  if (record.fields < pieces_.size()) [[likely]] {
    pieces_[record.fields] = piece;
  } else if ((options_.tables || !current_->shape) && pieces_.size() < most_fields) {
    pieces_.push_back(piece);
  }
  ++record.fields;
}

void ChangeParser::end_row(std::size_t at, bool with_return) {
  if (!crlf_) crlf_ = with_return;
  if (*crlf_ == with_return) return;
  refuse(with_return ? "a row ends with CR LF, the rows before it with LF"
                     : "a row ends with LF, the rows before it with CR LF",
         at, "Quote values that contain line breaks.");
}

// Scans one row from `begin` into pieces_; false when the buffer contains only a part of it.
bool ChangeParser::scan(const ChangeBatch& batch, std::size_t begin, Record& record) {
  const char* data = batch.bytes.data();
  const std::size_t used = batch.used;
  const auto& format = options_.format;
  const char delimiter = format.delimiter[0];
  record = {};
  std::size_t i = begin;
  while (true) {
    Piece piece{.begin = static_cast<std::uint32_t>(i)};
    std::size_t end = i;
    if (i < used && data[i] == '"' && format.quoting) {
      end = quoted_end(batch, begin, i, record, piece.doubled);
      if (end == 0) return false;
      piece = {static_cast<std::uint32_t>(i + 1), static_cast<std::uint32_t>(end - i - 2), true,
               piece.doubled};
    }
    auto mark = Mark::Data;
    while (true) {
      if (!piece.quoted) end = scan_.next(end, used);
      if (end >= used) break;
      mark = simple_ && data[end] == delimiter ? Mark::Field : mark_at(data, end, used);
      if (mark != Mark::Data || piece.quoted) break;
      ++end;
    }
    end = std::min(end, used);
    if (!piece.quoted) piece.length = static_cast<std::uint32_t>(end - i);
    if (end == used || mark == Mark::Unsure) {
      if (!at_end_) return false;
      keep(piece, record);
      record.length = used - begin;
      return true;
    }
    if (mark == Mark::Wrong || mark == Mark::Data) {
      if (piece.quoted)
        refuse("text follows a closing quote", end, "Double the quotes inside quoted values.");
      refuse("there is a quote inside a field that doesn't start with one", end,
             "Quote values that contain quotes.");
    }
    keep(piece, record);
    if (mark == Mark::Field) {
      i = end + format.delimiter.size();
      continue;
    }
    const bool with_return = mark == Mark::RowWithReturn;
    record.length = end - begin + (with_return ? 2 : std::max<std::size_t>(format.row_delimiter.size(), 1));
    record.lines += 1;
    // The only field of a row is its key, which is never NULL.
    record.blank = record.fields == 1 && !piece.quoted && piece.length == 0 &&
                   (is_null(data, piece) || !current_->shape || current_->shape->width() != 1);
    if (!record.blank && format.row_delimiter.empty()) end_row(end, with_return);
    return true;
  }
}

// Determines the fields from the file's first row.
void ChangeParser::take_first(const ChangeBatch& batch, const Record& record) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(record.fields, pieces_.size()); ++i)
    texts.push_back(unquoted({batch.bytes.data() + pieces_[i].begin, pieces_[i].length}, pieces_[i].doubled));
  const std::vector<std::string_view> first(texts.begin(), texts.end());
  if (record.fields > pieces_.size()) {
    throw Error::bad_file(fmt::format("the row has {} field{}", record.fields, record.fields == 1 ? "" : "s"),
                          compare_hint);
  }
  if (options_.as_it_stands) {
    current_->shape = every_field(first.size());
    return;
  }
  const auto& table = current_->table;
  auto types = options_.column_types ? options_.column_types() : std::vector<std::string>();
  if (types.size() != first.size()) types.clear();
  current_->shape = row_layout(first, {.kind = options_.kind,
                                       .entity = table.entity,
                                       .columns = table.columns,
                                       .format = options_.format,
                                       .entries = table.entries,
                                       .in_transactions = options_.tables != nullptr,
                                       .drift = options_.drift,
                                       .loaded_as = options_.loaded_as,
                                       .types = std::move(types)});
  for (const auto& name : current_->shape->mapping->added) current_->table.columns.push_back({name});
}

std::string ChangeParser::text_of(const ChangeBatch& batch, std::size_t field) const {
  const auto& piece = pieces_[field];
  return unquoted({batch.bytes.data() + piece.begin, piece.length}, piece.doubled);
}

// The table of a transaction file's row: Op, table, schema, … Null: the row is ignored, and counted.
ChangeParser::TableRows* ChangeParser::table_of(const ChangeBatch& batch, const Record& record) {
  if (record.fields < 4) {
    throw Error::bad_file(fmt::format("the row has {} field{}; expected Op, table, schema and the table's "
                                      "columns, as in every transaction "
                                      "file",
                                      record.fields, record.fields == 1 ? "" : "s"),
                          compare_hint);
  }
  const auto begin = pieces_[1].begin;
  const auto end = pieces_[2].begin + pieces_[2].length;
  const std::string_view names(batch.bytes.data() + begin, end - begin);
  if (names != last_names_ || (last_table_ == nullptr && last_alone_ == nullptr)) {
    const auto table = text_of(batch, 1);
    const auto schema = text_of(batch, 2);
    last_table_ = find_table(table, schema);
    last_alone_ = nullptr;
    if (last_table_ == nullptr) {
      constexpr std::size_t most_names = 100;
      auto name = fmt::format("{}.{}", shortened(schema), shortened(table));
      if (ignored_rows_.size() >= most_names && !ignored_rows_.contains(name)) name = "…";
      last_alone_ = &ignored_rows_[name];
    }
    last_names_ = names;
  }
  if (last_table_ == nullptr) {
    operation_of(text_of(batch, 0));  // it must nevertheless be a valid row
    ++*last_alone_;
  }
  return last_table_;
}

ChangeParser::TableRows* ChangeParser::find_table(const std::string& table, const std::string& schema) {
  const auto* const entity = names_.find(schema, table);
  if (entity == nullptr) return nullptr;
  auto* const found = by_entity_.at(*entity);
  auto& known = found->table;
  if (known.refused) throw Error(*known.refused);
  if (known.schema.empty()) known.schema = schema;
  if (!same_name(known.schema, schema)) {
    throw Error::configuration(
        fmt::format("two source tables match table {}: {}.{} and {}.{}", known.entity,
                    shortened(known.schema), shortened(table), shortened(schema), shortened(table)),
        "Create a table for each of them and name its source in a comment: COMMENT ON TABLE ... IS 'Source "
        "table: schema.table.';");
  }
  return known.superseded ? nullptr : found;
}

// Copies the current row and its scanned pieces to the other rows of its table. Returns its position there.
std::size_t ChangeParser::copy_row(const ChangeBatch& from, std::size_t begin, const Record& record,
                                   ChangeBatch& into) {
  const auto at = into.used;
  const auto needed = at + record.length + scan_padding;
  if (into.bytes.size() < needed) into.bytes.resize(std::max(needed, 2 * into.bytes.size()));
  std::memcpy(into.bytes.data() + at, from.bytes.data() + begin, record.length);
  into.used += record.length;
  for (std::size_t i = 0; i < std::min(record.fields, pieces_.size()); ++i)
    pieces_[i].begin = static_cast<std::uint32_t>(pieces_[i].begin - begin + at);
  return at;
}

// Adds the scanned row to the batch of its table.
void ChangeParser::take_row(ChangeBatch& batch, std::size_t begin, const Record& record) {
  row_base_ = base_;
  if (!options_.tables) return take_known(batch, begin, record);
  try {
    auto* const rows = table_of(batch, record);
    if (rows == nullptr) {
      ++rows_;
      return;
    }
    current_ = rows;
  } catch (Error& error) {
    error.at({.step = Step::Parse, .line = line_, .byte = base_ + begin});
    throw;
  }
  auto& own = current_->batch;
  const auto at = copy_row(batch, begin, record, own);
  row_base_ = base_ + begin - at;
  take_known(own, at, record);
  own.offsets.resize(own.rows.size(), base_ + begin);
}

// Adds the row, or determines the layout from it.
void ChangeParser::take_known(ChangeBatch& batch, std::size_t begin, const Record& record) {
  try {
    if (!current_->shape) {
      take_first(batch, record);
      if (current_->shape->header) {
        header_ = without_row_end({batch.bytes.data() + begin, record.length});
        return;
      }
    }
    ++rows_;
    ++current_->rows;
  } catch (Error& error) {
    error.at({.step = Step::Parse, .line = line_, .byte = row_base_ + begin});
    throw;
  }
  try {
    // Only text files can be concatenated.
    if (!options_.parquet && begins_with_mark(batch, begin))
      throw Error::bad_file(
          "there is a byte order mark (U+FEFF) before the row",
          "Check whether several files were concatenated; it is skipped only at the beginning "
          "of a file.");
    if (!options_.parquet && !header_.empty() && record.length >= header_.size() &&
        without_row_end({batch.bytes.data() + begin, record.length}) == header_)
      throw Error::bad_file("the row repeats the header",
                            "Remove the line; check whether several files were concatenated.");
    add(batch, begin, record);
  } catch (Error& error) {
    if (options_.keep_bad_rows) return reject_row(batch, begin, record, error);
    error.at({.step = Step::Parse, .line = line_, .byte = row_base_ + begin});
    throw;
  }
}

void ChangeParser::reject_row(ChangeBatch& batch, std::size_t begin, const Record& record,
                              const Error& error) const {
  BadRow bad{.line = line_,
             .byte_offset = row_base_ + begin,
             .column = error.place().column,
             .reason = error.what(),
             .sqlstate = error.sqlstate(),
             .begin = static_cast<std::uint32_t>(begin)};
  bad.raw.assign(batch.bytes.data() + begin, std::min(record.length, most_raw_bytes));
  while (bad.raw.ends_with('\n') || bad.raw.ends_with('\r')) bad.raw.pop_back();
  const auto& shape = *current_->shape;
  for (std::size_t k = 0; !bad.column.empty() && k < shape.width(); ++k) {
    const auto place = shape.places[k];
    if (place == RowLayout::none ||
        current_->table.columns[shape.mapping->columns[static_cast<std::size_t>(place)]].name != bad.column)
      continue;
    bad.value = shortened({batch.bytes.data() + pieces_[k].begin, pieces_[k].length});
  }
  batch.bad.push_back(std::move(bad));
}

Operation ChangeParser::operation_in(const ChangeBatch& batch) const {
  const auto& shape = *current_->shape;
  if (shape.operation == RowLayout::none) return Operation::Insert;
  const auto& piece = pieces_[static_cast<std::size_t>(shape.operation)];
  const auto operation = operation_of({batch.bytes.data() + piece.begin, piece.length});
  if (options_.kind == DeliveryKind::FullLoad && operation != Operation::Insert) {
    throw Error::bad_file("a full load contains a row whose Op is not I", compare_hint);
  }
  return operation;
}

// Runs before unquoting, so that the byte offset is the file's. For a delete only the key is checked.
void ChangeParser::check_texts(const ChangeBatch& batch, bool key_alone) const {
  const auto& shape = *current_->shape;
  for (std::size_t k = 0; k < shape.width(); ++k) {
    const auto place = shape.places[k];
    if (place == RowLayout::none) continue;
    const auto& column = current_->table.columns[shape.mapping->columns[static_cast<std::size_t>(place)]];
    if (key_alone && !column.in_key) continue;
    const std::string_view text(batch.bytes.data() + pieces_[k].begin, pieces_[k].length);
    const auto bad = first_bad_byte(text);
    if (bad == text.size()) continue;
    const auto byte = static_cast<unsigned char>(text[bad]);
    throw Error::bad_file(byte == 0 ? "a NUL byte, which is not valid in PostgreSQL's text"
                                    : fmt::format("byte 0x{:02x} is not valid UTF-8 here", byte),
                          compare_hint)
        .with_sqlstate("22021")
        .at({.column = column.name, .byte = row_base_ + pieces_[k].begin + bad});
  }
}

void ChangeParser::add(ChangeBatch& batch, std::size_t begin, const Record& record) {
  const auto& shape = *current_->shape;
  if (record.fields != shape.width()) {
    throw Error::bad_file(
        fmt::format("the row has {} field{}; the file's first row{} has {}", record.fields,
                    record.fields == 1 ? "" : "s", options_.tables ? " of " + current_->table.entity : "",
                    shape.width()),
        "Quote values that contain a delimiter or a line break; nothing from the object was loaded.");
  }
  char* data = batch.bytes.data();
  const auto operation = operation_in(batch);
  if (!plain_ascii(data + begin, record.length) && !options_.as_it_stands)
    check_texts(batch, operation == Operation::Delete);
  if (options_.keep_bad_rows) keep_original(batch, begin, record);
  const auto width = shape.mapping->columns.size();
  batch.mapping = shape.mapping;
  batch.width = width;
  const auto first = batch.fields.size();
  batch.fields.resize(first + width);
  for (std::size_t k = 0; k < shape.places.size(); ++k) {
    if (shape.places[k] >= 0)
      batch.fields[first + static_cast<std::size_t>(shape.places[k])] = field_of(data, pieces_[k]);
  }
  if (!options_.format.no_sup_value.empty()) mark_unlogged(batch, first, operation);
  if (operation == Operation::Update && !shape.before.empty()) add_removal_of_old_key(batch, begin, first);
  batch.rows.push_back({line_, ++changes_, static_cast<std::uint32_t>(begin), operation});
}

void ChangeParser::keep_original(ChangeBatch& batch, std::size_t begin, const Record& record) const {
  const auto doubled = [](const Piece& piece) { return piece.doubled; };
  if (std::none_of(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(record.fields), doubled))
    return;
  batch.raw_rows.emplace(static_cast<std::uint32_t>(begin),
                         std::string(batch.bytes.data() + begin, std::min(record.length, most_raw_bytes)));
}

// DMS quotes a field only where necessary, so quotes mean nothing here. The source always logs the key, so a
// key that is equal to the text is data.
bool ChangeParser::is_unlogged(const ChangeBatch& batch, const Field& field) const {
  const auto& text = options_.format.no_sup_value;
  return !text.empty() && field.length == text.size() && batch.text(field) == text;
}

void ChangeParser::mark_unlogged(ChangeBatch& batch, std::size_t first, Operation operation) const {
  const auto& columns = current_->table.columns;
  for (std::size_t k = 0; k < batch.width; ++k) {
    auto& field = batch.fields[first + k];
    if (!is_unlogged(batch, field)) continue;
    if (!options_.as_it_stands && columns[current_->shape->mapping->columns[k]].in_key) continue;
    field.null = 1;
    field.unlogged = 1;
    // For a delete only the key is read.
    if (operation != Operation::Delete) batch.unlogged = true;
  }
}

// The fields of the current update start at `first`. A before-image that is NULL, or not in the log, means
// that this part of the key has not changed.
void ChangeParser::add_removal_of_old_key(ChangeBatch& batch, std::size_t begin, std::size_t first) {
  const auto& shape = *current_->shape;
  char* data = batch.bytes.data();
  const auto width = batch.width;
  const auto is_known = [&](const Field& old) { return old.null == 0 && !is_unlogged(batch, old); };
  bool changed = false;
  for (const auto& before : shape.before) {
    const auto old = field_of(data, pieces_[before.field]);
    if (is_known(old) && batch.text(old) != batch.text(batch.fields[first + before.place])) changed = true;
  }
  if (!changed) return;
  batch.fields.resize(first + 2 * width);
  for (std::size_t k = 0; k < width; ++k) {
    auto& field = batch.fields[first + k];
    batch.fields[first + width + k] = field;
    if (!current_->table.columns[shape.mapping->columns[k]].in_key)
      field = {.begin = 0, .length = 0, .null = 1};
  }
  for (const auto& before : shape.before) {
    const auto old = field_of(data, pieces_[before.field]);
    if (is_known(old)) batch.fields[first + before.place] = old;
  }
  ++key_updates_;
  batch.rows.push_back({line_, ++changes_, static_cast<std::uint32_t>(begin), Operation::KeyUpdated});
}

}  // namespace peo::decode
