// Converts the rows of a Parquet file to CSV, so that all later steps are the same for both: a header with
// the column names, NULL as the unquoted word NULL (see format_of), all other values as PostgreSQL's input
// functions accept them.
#pragma once
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "decode/parquet/database.hpp"

namespace peo::parquet {

// Why the file can't be read, for the user.
struct BadParquet : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A column of an unsupported type, in a file that may be valid.
struct UnsupportedParquet : BadParquet {
  using BadParquet::BadParquet;
};

using Put = std::function<void(std::string_view text, std::uint64_t rows)>;

// `types`: PostgreSQL's types of the columns, in order (base/byte_stream.hpp), one per line.
using OnBegin = std::function<void(std::string_view types, std::uint64_t rows)>;

// Calls `begin`, and then `put` with parts of the text and the number of rows so far. Throws BadParquet, or
// QueryFailed with DuckDB's message.
void csv_rows(Database& database, const std::string& path, const OnBegin& begin, const Put& put);

}  // namespace peo::parquet
