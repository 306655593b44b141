// What the tests of Parquet files share: DuckDB's library, which writes them. Without it they are skipped.
#pragma once
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "../loader/fixture.hpp"
#include "decode/parquet/database.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

inline std::string duckdb_library() {
  const char* const path = std::getenv("DUCKDB_LIBRARY");
  return parquet::find_duckdb(path == nullptr ? "" : path);
}

// What DuckDB makes of "COPY (query) TO file (FORMAT parquet, options)".
inline std::string parquet_bytes(const std::string& query,
                                 const std::string& options = "COMPRESSION snappy") {
  const TempDir directory;
  const auto file = (directory / "file.parquet").string();
  parquet::Database database(parquet::duckdb::Api::load(duckdb_library()), std::uint64_t{1} << 29U, {file});
  database.run(fmt::format("COPY ({}) TO '{}' (FORMAT parquet, {})", query, file, options));
  return read_file(file);
}

class ParquetTest : public LoaderTest {
 protected:
  void SetUp() override {
    if (duckdb_library().empty()) GTEST_SKIP() << "there is no DuckDB library; scripts/install parquet";
  }
  LoaderSettings with_library(LoaderSettings more = {}) const {
    more.emplace("DUCKDB_LIBRARY", duckdb_library());
    return more;
  }
};

}  // namespace peo::test
