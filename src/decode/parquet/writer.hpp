// Writes Parquet files, for the sample and for tests. Runs in the caller's process, since the input is
// trusted. Errors: Fatal (78) without a usable library, (74) when the file can't be written. One thread at a
// time.
#pragma once
#include <string>
#include <vector>

namespace peo::parquet {

struct WrittenColumn {
  std::string name;
  std::string type;  // DuckDB's: "DECIMAL(18, 8)"
};

// The null string in the CSV, unquoted.
inline constexpr const char* csv_null = "\x01NULL";

// `csv`: a file in RFC 4180 format, without a header.
void write_parquet(const std::string& library, const std::string& csv,
                   const std::vector<WrittenColumn>& columns, const std::string& parquet);

}  // namespace peo::parquet
