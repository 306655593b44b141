// The rows of a Parquet file as CSV, so that everything behind it is the same for both: a header of the
// column names, NULL as the unquoted word NULL (FileFormat::of_parquet reads it so), every other value as
// PostgreSQL's input functions read it.
#pragma once
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "decode/parquet/database.hpp"

namespace peo::parquet {

// Why the file can't be read; in words for the user.
struct BadParquet : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A column of a kind that isn't loaded, in a file that may be right.
struct UnsupportedParquet : BadParquet {
  using BadParquet::BadParquet;
};

using Put = std::function<void(std::string_view text, std::uint64_t rows)>;

// Of the columns, in order, PostgreSQL's types (base/byte_stream.hpp), a line each.
using OnBegin = std::function<void(std::string_view types, std::uint64_t rows)>;

// Calls `begin`, and then `put` with pieces of the text and the number of rows done. Throws BadParquet, or
// QueryFailed with DuckDB's words.
void csv_rows(Database& database, const std::string& path, const OnBegin& begin, const Put& put);

}  // namespace peo::parquet
