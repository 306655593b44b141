// Options for reading Parquet files: the settings, and what tests replace.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace peo::parquet {

struct ParquetOptions {
  std::filesystem::path library{};  // DUCKDB_LIBRARY; empty: in the default directories
  std::filesystem::path directory = ".";
  std::uint64_t max_bytes = std::uint64_t{2} << 30U;            // of an object
  std::uint64_t memory_bytes = std::uint64_t{256} << 20U;       // of DuckDB
  std::string program = "/proc/self/exe";                       // the program that has serve()
  std::chrono::milliseconds timeout = std::chrono::minutes(5);  // without a byte from the process
};

}  // namespace peo::parquet
