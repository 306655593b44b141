// An in-memory DuckDB that can access only the given files, and queries on it.
//
// It loads no extensions, has no temporary files, and its settings are locked. A query's result is streamed
// in chunks of about 2,000 rows; all columns are read as text. Errors are QueryFailed with DuckDB's message;
// Fatal (78) for a library that is too old. One thread.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "decode/parquet/duckdb_library.hpp"

namespace peo::parquet {

struct QueryFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Database {
 public:
  // `files`: paths that may be read and written.
  Database(const duckdb::Api& api, std::uint64_t memory_bytes, const std::vector<std::string>& files);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  void run(std::string_view sql);

  const duckdb::Api& api() const { return api_; }
  duckdb::Connection connection() const { return connection_; }

 private:
  const duckdb::Api& api_;
  duckdb::Database database_ = nullptr;
  duckdb::Connection connection_ = nullptr;
};

class Query {
 public:
  // `database` must outlive this.
  Query(Database& database, const std::string& sql);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  std::size_t columns() const { return columns_.size(); }
  duckdb::Type type(std::size_t column);

  // Fetches the next rows and returns their number; 0 at the end. All columns must be text.
  std::size_t next();
  bool is_null(std::size_t column, std::size_t row) const {
    const auto* const valid = columns_[column].valid;
    return valid != nullptr && (valid[row / 64] >> (row % 64) & 1U) == 0;
  }
  // Valid until next().
  std::string_view text(std::size_t column, std::size_t row) const {
    const auto& value = columns_[column].values[row];
    return {value.begin(), value.length};
  }

 private:
  struct Column {
    const duckdb::String* values = nullptr;
    const std::uint64_t* valid = nullptr;  // one bit per row; null: no value is NULL
  };

  const duckdb::Api& api_;
  duckdb::Statement statement_ = nullptr;
  duckdb::Result result_{};
  duckdb::Chunk chunk_ = nullptr;
  std::vector<Column> columns_;
};

// 'it''s'
std::string sql_literal(std::string_view text);

}  // namespace peo::parquet
