// Writes a row field by field in two forms: as CSV like AWS DMS, and as the canonical text of which the
// table's checksum is computed.
//
// CSV of DMS: LF after each row; a field is quoted only if it contains a comma, a quote, CR or LF, quotes are
// doubled; NULL is an empty field, and so is an empty string.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/object.hpp"
#include "sample/checksum.hpp"

namespace peo::sample {

class RowText {
 public:
  // `null`: the null string. If it is empty, NULL and an empty string are both an empty field.
  explicit RowText(std::string null = {}) : null_(std::move(null)) {}
  void begin(char operation = '\0');  // '\0': a full-load row, without Op
  void number(std::uint64_t value);
  void decimal(std::uint64_t value, unsigned decimals);  // value / 10^decimals as numeric(18,8)
  void letter(char value);
  void text(std::string_view value);
  void uuid(std::uint64_t high, std::uint64_t low);
  void boolean(bool value);
  void date(Time value);
  void timestamp(Time value);
  void null();
  // Ends the row; returns its hash.
  std::uint64_t end();
  // A row of `columns` columns that has only the first one, the key: a delete by key.
  void key_only(char operation, std::uint64_t key, std::size_t columns);
  // Repeats the last row.
  void repeat();

  std::string csv;  // all rows so far; may be cleared between rows after writing it out

 private:
  void field(std::string_view in_csv, std::string_view canonical);
  void comma();

  std::string null_;
  std::string canonical_;
  std::size_t row_begin_ = 0;
  bool first_ = true;
  RowHash hash_;
};

}  // namespace peo::sample
