// What the tests of the parser share: a text given in pieces, and its rows as they can be compared.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "decode/parse.hpp"
#include "support/pieces.hpp"

namespace peo::decode {

struct Read {
  char operation;
  std::uint64_t line;
  std::vector<std::string> fields;  // NULL as "<null>", a column that isn't in the log as "<unlogged>"
  friend bool operator==(const Read&, const Read&) = default;
  friend void PrintTo(const Read& row, std::ostream* out) {
    *out << row.operation << "@" << row.line;
    for (const auto& field : row.fields) *out << "|" << field;
  }
};

// The rows' fields are put at their columns' places in the table; one that the file doesn't carry is
// "<absent>".
inline std::vector<Read> read_all(const std::string& text, const ParseOptions& options,
                                  std::size_t piece = 1 << 20) {
  test::Pieces stream(text, piece);
  ChangeParser parser(stream, options);
  ChangeBatch batch;
  std::vector<Read> rows;
  while (parser.next(batch)) {
    EXPECT_EQ(batch.entity, options.entity);
    EXPECT_EQ(batch.width, batch.mapping->columns.size());
    EXPECT_EQ(batch.fields.size(), batch.width * batch.rows.size());
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      EXPECT_EQ(batch.rows[i].number, rows.size() + 1);
      Read row{static_cast<char>(batch.rows[i].operation), batch.rows[i].line, {}};
      row.fields.assign(options.columns.size(), "<absent>");
      for (std::size_t k = 0; k < batch.width; ++k) {
        const auto& field = batch.row_fields(i)[k];
        row.fields[batch.mapping->columns[k]] = field.unlogged != 0 ? "<unlogged>"
                                                : field.null != 0   ? "<null>"
                                                                    : std::string(batch.text(field));
      }
      rows.push_back(row);
    }
  }
  EXPECT_EQ(parser.changes(), rows.size());
  EXPECT_EQ(parser.bytes_out(), text.size());
  return rows;
}

inline std::string refusal(const std::string& text, const ParseOptions& options) {
  try {
    read_all(text, options);
  } catch (const Error& error) {
    EXPECT_TRUE(error.kind() == ErrorKind::BadDelivery || error.exit_code() == ExitCode::Configuration);
    return error.describe();
  }
  return "accepted";
}

// A table of columns "c1", "c2", …; the first is the key.
inline ParseOptions options_of(DeliveryKind kind, std::size_t columns) {
  ParseOptions options{.kind = kind, .entity = "t"};
  for (std::size_t i = 1; i <= columns; ++i) options.columns.push_back({"c" + std::to_string(i), i == 1});
  return options;
}
inline ParseOptions change(std::size_t columns) { return options_of(DeliveryKind::Change, columns); }
inline ParseOptions load(std::size_t columns) { return options_of(DeliveryKind::FullLoad, columns); }

}  // namespace peo::decode
