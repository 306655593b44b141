#include "decode/parquet/csv_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/sql_template.hpp"
#include "parquet_sql.hpp"

namespace peo::parquet {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

enum class Form {
  Number,  // never needs quotes
  Moment,  // the same, but DuckDB writes "0044-03-15 (BC) 12:00:00", PostgreSQL "0044-03-15 12:00:00 BC"
  Text,
};

struct Column {
  std::string name;
  Form form = Form::Text;
  std::string expression{};
  std::string digits{};  // of a decimal: "18,8"
  std::string type{};    // PostgreSQL's
};

// The leaves of the schema; its first row is the root.
std::vector<Column> names_of(Database& database, const std::string& path) {
  std::vector<Column> columns;
  Query schema(database, fill(sql::schema, {{"file", sql_literal(path)}}));
  bool root = true;
  while (const auto rows = schema.next()) {
    for (std::size_t row = 0; row < rows; ++row) {
      if (std::exchange(root, false)) continue;
      const std::string name(schema.text(0, row));
      if (!schema.is_null(1, row) && schema.text(1, row) == "true")
        throw UnsupportedParquet(fmt::format(
            "the column {} is a list or a structure, which AWS DMS doesn't write", shortened(name)));
      if (schema.text(2, row) == "true")
        throw UnsupportedParquet(fmt::format(
            "the column {} has more than 38 digits, which can't be read exactly", shortened(name)));
      columns.push_back({.name = name, .digits = std::string(schema.text(3, row))});
    }
  }
  if (columns.empty()) throw BadParquet("the file has no columns");
  return columns;
}

// Outside names never get into a statement: columns go by their number.
void find_type(Column& column, duckdb::Type type, std::size_t number) {
  column.expression = fmt::format("CAST(#{} AS VARCHAR)", number);
  switch (type) {
    case duckdb::Boolean:
    case duckdb::TinyInt:
    case duckdb::SmallInt:
    case duckdb::Integer:
    case duckdb::BigInt:
    case duckdb::HugeInt:
    case duckdb::UTinyInt:
    case duckdb::USmallInt:
    case duckdb::UInteger:
    case duckdb::UBigInt:
    case duckdb::UHugeInt:
    case duckdb::Float:
    case duckdb::Double:
    case duckdb::Decimal:
    case duckdb::Uuid:
    case duckdb::Time:
    case duckdb::TimeTz:
    case duckdb::TimeNs:
      column.form = Form::Number;
      return;
    case duckdb::Date:
    case duckdb::Timestamp:
    case duckdb::TimestampS:
    case duckdb::TimestampMs:
    case duckdb::TimestampNs:
    case duckdb::TimestampTz:
      column.form = Form::Moment;
      return;
    case duckdb::Blob:
      column.expression = fmt::format("hex(#{})", number);
      return;
    case duckdb::Varchar:
    case duckdb::Enum:
    case duckdb::Interval:
    case duckdb::SqlNull:
      return;
  }
  throw UnsupportedParquet(fmt::format("the column {} has a type that can't be loaded (DuckDB's type {})",
                                       shortened(column.name), static_cast<int>(type)));
}

// What holds every value of the column, exactly.
std::string postgres_type(duckdb::Type type, const std::string& digits) {
  switch (type) {
    case duckdb::Boolean:
      return "boolean";
    case duckdb::TinyInt:
    case duckdb::UTinyInt:
    case duckdb::SmallInt:
      return "smallint";
    case duckdb::USmallInt:
    case duckdb::Integer:
      return "integer";
    case duckdb::UInteger:
    case duckdb::BigInt:
      return "bigint";
    case duckdb::UBigInt:
    case duckdb::HugeInt:
    case duckdb::UHugeInt:
      return "numeric";
    case duckdb::Float:
      return "real";
    case duckdb::Double:
      return "double precision";
    case duckdb::Decimal:
      return digits.empty() ? "numeric" : fmt::format("numeric({})", digits);
    case duckdb::Uuid:
      return "uuid";
    case duckdb::Time:
    case duckdb::TimeNs:
      return "time without time zone";
    case duckdb::TimeTz:
      return "time with time zone";
    case duckdb::Date:
      return "date";
    case duckdb::Timestamp:
    case duckdb::TimestampS:
    case duckdb::TimestampMs:
    case duckdb::TimestampNs:
      return "timestamp without time zone";
    case duckdb::TimestampTz:
      return "timestamp with time zone";
    case duckdb::Blob:
      return "bytea";
    case duckdb::Interval:
      return "interval";
    case duckdb::Varchar:
    case duckdb::Enum:
      return "text";
    case duckdb::SqlNull:
      break;
  }
  return "";
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// By the footer, which must agree with itself.
std::uint64_t rows_of(Database& database, const std::string& path) {
  Query counts(database, fill(sql::row_counts, {{"file", sql_literal(path)}}));
  if (counts.next() != 1 || counts.is_null(0, 0)) throw BadParquet("the footer has no number of rows");
  if (counts.text(1, 0) != "0")
    throw BadParquet(
        "the footer contradicts itself: the columns of a row group differ in their numbers of values");
  return number_in(counts.text(0, 0));
}

class CsvText {
 public:
  explicit CsvText(const Put& put) : put_(put) { text_.reserve(2 * piece_bytes); }

  void begin_field(bool first) {
    if (!first) text_ += ',';
  }

  void value(std::string_view text, Form form) {
    if (form == Form::Number) {
      text_ += text;
    } else if (form == Form::Moment) {
      moment(text);
    } else if (!text.empty() && text != "NULL" && text.find_first_of(",\"\r\n") == std::string_view::npos) {
      plain(text);
    } else {
      quoted_text(text);
    }
  }

  void null() { text_ += "NULL"; }

  void end_row() {
    text_ += '\n';
    ++rows_;
    if (text_.size() >= piece_bytes) flush();
  }

  void flush() {
    if (!text_.empty()) put_(text_, rows_ == 0 ? 0 : rows_ - 1);
    text_.clear();
  }

 private:
  void moment(std::string_view text) {
    constexpr std::string_view before_christ = " (BC)";
    const auto at = text.find(before_christ);
    if (at == std::string_view::npos) {
      text_ += text;
      return;
    }
    text_ += text.substr(0, at);
    text_ += text.substr(at + before_christ.size());
    text_ += " BC";
  }

  // A long value isn't copied whole.
  void plain(std::string_view text) {
    while (!text.empty()) {
      text_ += text.substr(0, piece_bytes);
      text.remove_prefix(std::min(piece_bytes, text.size()));
      if (text_.size() >= piece_bytes) flush();
    }
  }

  void quoted_text(std::string_view text) {
    text_ += '"';
    while (true) {
      const auto quote = text.find('"');
      plain(text.substr(0, quote));
      if (quote == std::string_view::npos) break;
      text_ += "\"\"";
      text.remove_prefix(quote + 1);
    }
    text_ += '"';
  }

  const Put& put_;
  std::string text_;
  std::uint64_t rows_ = 0;  // with the header
};

}  // namespace

void csv_rows(Database& database, const std::string& path, const OnBegin& begin, const Put& put) {
  auto columns = names_of(database, path);
  {
    Query types(database, fill(sql::types, {{"file", sql_literal(path)}}));
    if (types.columns() != columns.size()) throw BadParquet("the footer's schema can't be understood");
    for (std::size_t i = 0; i < columns.size(); ++i) {
      find_type(columns[i], types.type(i), i + 1);
      columns[i].type = postgres_type(types.type(i), columns[i].digits);
    }
  }
  const auto expected = rows_of(database, path);
  std::string expressions;
  for (const auto& column : columns) expressions += (expressions.empty() ? "" : ", ") + column.expression;
  Query query(database, fill(sql::rows, {{"columns", expressions}, {"file", sql_literal(path)}}));
  std::string types;
  for (const auto& column : columns) types += column.type + "\n";
  begin(types, expected);
  CsvText text(put);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    text.begin_field(i == 0);
    text.value(columns[i].name, Form::Text);
  }
  text.end_row();
  std::uint64_t done = 0;
  while (const auto rows = query.next()) {
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        text.begin_field(i == 0);
        if (query.is_null(i, row)) {
          text.null();
        } else {
          text.value(query.text(i, row), columns[i].form);
        }
      }
      text.end_row();
    }
    done += rows;
  }
  text.flush();
  if (done != expected)
    throw BadParquet(fmt::format("the file has {} rows, its footer promises {}", done, expected));
}

}  // namespace peo::parquet
