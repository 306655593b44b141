// The CSV format of the files, as far as it can't be detected: set by FORMAT and COLUMNS. Plain values; the
// defaults are those of AWS DMS. Their meanings: docs/file-format.md.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/identifiers.hpp"
#include "base/object.hpp"

namespace peo {

// Which files have the column.
enum class Present { Auto, Always, Never, Changes };

struct FileFormat {
  std::optional<bool> header;         // whether the first row names the columns; nothing: detect it
  Present operation = Present::Auto;  // Op
  Present timestamp = Present::Auto;  // TimestampColumnName
  std::string timestamp_name{};       // its name in a header
  std::string before_image = "BI_";   // prefix of the column name of a before-image
  std::vector<std::string> null_tokens{"", "NULL"};
  bool quoted_null = false;     // a null string also means NULL in quotes
  std::string no_sup_value{};   // in change files: the column is not in the source's log; empty: none
  std::string delimiter = ",";  // between fields; one byte or more
  std::string row_delimiter{};  // empty: LF or CR LF, as the file's first row ends
  bool quoting = true;          // as in RFC 4180; false: a quote is an ordinary byte
};

// Ignored Parquet files of the tables.
struct IgnoredParquet {
  std::uint64_t files = 0;
  std::string why;  // "there is no DuckDB library"
};
inline constexpr const char* no_parquet_hint =
    "Install DuckDB's library with scripts/install parquet, or set DUCKDB_LIBRARY to the path of "
    "libduckdb.so, "
    "and start again.";
// "2 Parquet files are ignored: there is no DuckDB library"; empty: none is.
inline std::string text_of(const IgnoredParquet& ignored) {
  if (ignored.files == 0) return {};
  return std::to_string(ignored.files) + " Parquet file" + (ignored.files == 1 ? " is" : "s are") +
         " ignored: " + ignored.why;
}

// The format of an object: a Parquet file is converted to CSV by decode/parquet/csv_rows.hpp, regardless of
// FORMAT.
inline FileFormat format_of(std::string_view key, FileFormat format) {
  if (!is_parquet(key)) return format;
  format.header = true;
  format.null_tokens = {"NULL"};
  format.quoted_null = false;
  format.no_sup_value.clear();
  format.delimiter = ",";
  format.row_delimiter.clear();
  format.quoting = true;
  return format;
}

// A field of a file without a header.
struct ColumnEntry {
  enum class Kind {
    Operation,
    Timestamp,
    Rest,     // *: the table's columns that no entry names, in the table's order
    Named,    // a column of the table, or the before-image of one
    Ignored,  // -name
  };
  Kind kind = Kind::Rest;
  std::string name{};
};
using ColumnEntries = std::vector<ColumnEntry>;

struct ColumnLists {
  ColumnEntries all;                            // for tables without their own list
  std::map<std::string, ColumnEntries> tables;  // by folded_identifier() of the table's name

  // By the table's name in the target or at the source.
  const ColumnEntries& of(const std::string& table, const std::string& source = {}) const {
    auto found = tables.find(folded_identifier(table));
    if (found == tables.end()) found = tables.find(folded_identifier(source));
    return found == tables.end() ? all : found->second;
  }
};

}  // namespace peo
