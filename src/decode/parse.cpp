#include "decode/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "base/error.hpp"

namespace peo::decode {
namespace {

using std::chrono::steady_clock;

// The bytes at which an unquoted field may end or go wrong.
constexpr auto special = [] {
  std::array<bool, 256> table{};
  for (const char c : {',', '\n', '\r', '"'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

const char* const compare_hint = "Compare the object with its source; nothing of it was loaded.";

}  // namespace

ChangeParser::ChangeParser(ByteStream& plain, ParseOptions options) : plain_(plain), options_(options) {}

void ChangeParser::refuse(const char* what, std::size_t at, const char* hint) const {
  throw Error::bad_delivery(what, hint).at({.step = Step::Parse, .line = line_, .byte = base_ + at});
}

void ChangeParser::refuse_long_row(std::size_t at) const {
  refuse(fmt::format("a row is longer than {} bytes", options_.max_row_bytes).c_str(), at,
         "A quote may be missing; if the row is right, raise MAX_ROW_BYTES.");
}

void ChangeParser::refuse_wide_row(std::size_t at) const {
  refuse(fmt::format("the row has {} fields or more; the table has {} columns, and Op may stand before them",
                     pieces_.size() + 1, options_.columns)
             .c_str(),
         at, "Compare the file's columns with the table's (without event_id and delivery_id).");
}

// Tops the batch's bytes up; grows them only when not even one row has fit.
void ChangeParser::fill(ChangeBatch& batch) {
  const auto began = steady_clock::now();
  while (batch.used < batch.bytes.size() && !at_end_) {
    const auto got = plain_.read({batch.bytes.data() + batch.used, batch.bytes.size() - batch.used});
    at_end_ = got == 0;
    batch.used += got;
  }
  seconds_reading_ += std::chrono::duration<double>(steady_clock::now() - began).count();
}

bool ChangeParser::next(ChangeBatch& batch) {
  batch.clear();
  if (batch.bytes.size() > 4 * options_.batch_bytes) std::vector<char>().swap(batch.bytes);  // a long row's
  batch.bytes.resize(std::max({options_.batch_bytes, batch.bytes.size(), tail_.size() + 1}));
  std::copy(tail_.begin(), tail_.end(), batch.bytes.begin());
  batch.used = tail_.size();
  tail_.clear();
  batch.first_row = next_row_;
  batch.file_offset = base_ = file_offset_;
  std::size_t at = 0;
  while (true) {
    fill(batch);
    Record record;
    while (at < batch.used && scan(batch, at, record)) {
      if (record.length > options_.max_row_bytes) refuse_long_row(at);
      if (!record.blank) add(batch, at);
      at += record.length;
      line_ += record.lines;
    }
    if (!batch.rows.empty() || (at_end_ && at == batch.used)) break;
    if (at > 0) {  // only empty lines so far: make room
      std::memmove(batch.bytes.data(), batch.bytes.data() + at, batch.used - at);
      batch.used -= at;
      batch.file_offset = base_ = base_ + at;
      at = 0;
      continue;
    }
    if (batch.bytes.size() >= options_.max_row_bytes) {
      refuse_long_row(0);
    }
    batch.bytes.resize(std::min(batch.bytes.size() * 2, options_.max_row_bytes));
  }
  file_offset_ = base_ + at;
  tail_.assign(batch.bytes.begin() + static_cast<std::ptrdiff_t>(at),
               batch.bytes.begin() + static_cast<std::ptrdiff_t>(batch.used));
  batch.used = at;
  return !batch.rows.empty();
}

// Finds the end of the quoted field whose opening quote stands at `at`; returns the place after the closing
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

void ChangeParser::end_row(std::size_t at, bool with_return) {
  if (!crlf_) crlf_ = with_return;
  if (*crlf_ == with_return) return;
  refuse(with_return ? "a row ends with CR LF, the rows before it with LF"
                     : "a row ends with LF, the rows before it with CR LF",
         at, "A line break inside a value must be quoted.");
}

// Scans one row from `begin` into pieces_; false when the buffer holds only a part of it.
bool ChangeParser::scan(ChangeBatch& batch, std::size_t begin, Record& record) {
  const char* data = batch.bytes.data();
  const std::size_t used = batch.used;
  record = {};
  pieces_.clear();
  std::size_t i = begin;
  while (true) {
    const std::size_t field = i;
    Piece piece{static_cast<std::uint32_t>(i), 0, false, false};
    if (i < used && data[i] == '"') {
      i = quoted_end(batch, begin, i, record, piece.doubled);
      if (i == 0) return false;
      piece.quoted = true;
      piece.begin = static_cast<std::uint32_t>(field + 1);
      piece.length = static_cast<std::uint32_t>(i - field - 2);
    } else {
      while (true) {
        while (i < used && !special[static_cast<unsigned char>(data[i])]) ++i;
        if (i == used || data[i] != '\r' || i + 1 == used || data[i + 1] == '\n') break;
        ++i;  // a carriage return alone is data
      }
      piece.length = static_cast<std::uint32_t>(i - field);
    }
    if (i == used || (data[i] == '\r' && i + 1 == used)) {
      if (!at_end_) return false;
      if (i < used && !piece.quoted)
        piece.length = static_cast<std::uint32_t>(++i - field);  // a last lone CR
      pieces_.push_back(piece);
      record.length = i - begin;
      record.blank = record.length == 0;
      return true;
    }
    pieces_.push_back(piece);
    if (data[i] == ',') {
      if (pieces_.size() > options_.columns + 1)
        refuse_wide_row(begin);  // a line of commas is not kept whole
      ++i;
      continue;
    }
    const bool with_return = data[i] == '\r' && data[i + 1] == '\n';
    if (data[i] != '\n' && !with_return) {
      if (piece.quoted)
        refuse("text follows a closing quote", i, "A quote inside a quoted value must be doubled.");
      refuse("a quote stands inside a field that does not begin with one", i,
             "A value that holds a quote must be quoted.");
    }
    i += with_return ? 2 : 1;
    record.length = i - begin;
    record.lines += 1;
    record.blank = pieces_.size() == 1 && !piece.quoted && piece.length == 0;
    if (!record.blank) end_row(i - 1, with_return);
    if (record.blank && shape_ && shape_->width == 1) record.blank = false;
    return true;
  }
}

// Takes the scanned row into the batch: checks its width, reads Op, undoes quotes, tells NULL.
void ChangeParser::add(ChangeBatch& batch, std::size_t begin) {
  try {
    char* data = batch.bytes.data();
    if (!shape_) {
      std::vector<std::string_view> first;
      first.reserve(pieces_.size());
      for (const auto& piece : pieces_) first.emplace_back(data + piece.begin, piece.length);
      shape_ = shape_of(first, options_.kind, options_.columns);
    }
    if (pieces_.size() != shape_->width) {
      throw Error::bad_delivery(
          fmt::format("the row has {} fields; the file's first row has {}", pieces_.size(), shape_->width),
          "A value that holds a comma or a line break must be quoted; nothing of the object was loaded.");
    }
    std::size_t k = 0;
    ChangeRow row{line_, static_cast<std::uint32_t>(begin), Operation::Insert};
    if (shape_->has_operation) {
      row.operation = operation_of({data + pieces_[0].begin, pieces_[0].length});
      if (options_.kind == DeliveryKind::FullLoad && row.operation != Operation::Insert) {
        throw Error::bad_delivery("a full load holds a row whose Op is not I", compare_hint);
      }
      k = 1;
    }
    batch.width = shape_->width - k;
    for (; k < pieces_.size(); ++k) {
      auto& piece = pieces_[k];
      if (piece.doubled) {
        char* out = data + piece.begin;
        for (std::uint32_t i = 0; i < piece.length; ++i) {
          *out++ = data[piece.begin + i];
          if (data[piece.begin + i] == '"') ++i;
        }
        piece.length = static_cast<std::uint32_t>(out - (data + piece.begin));
      }
      const bool null =
          !piece.quoted &&
          (piece.length == 0 || (piece.length == 4 && std::memcmp(data + piece.begin, "NULL", 4) == 0));
      batch.fields.push_back({piece.begin, piece.length & 0x7fffffffU, null ? 1U : 0U});
    }
    batch.rows.push_back(row);
    ++next_row_;
  } catch (Error& error) {
    error.at({.step = Step::Parse, .line = line_, .byte = base_ + begin});
    throw;
  }
}

}  // namespace peo::decode
