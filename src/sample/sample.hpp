// Writes a sample bucket of an imaginary trading system to a directory, exactly as AWS DMS would write it.
// The three entities have a full load (LOAD files) and some days of changes (files named by time). The same
// options give the same bytes, names and modification times.
//
//   DIR/dbo/orders/LOAD00000001.csv.gz, DIR/dbo/orders/20220922-095853123.csv.gz, …
//   DIR/expected.json: the expected result of loading it: rows and checksum of each table after the full load
//   and at the end, the SQL that computes the checksum, and the changes of each file.
//
// expected.json is written last: a directory without it has an interrupted sample, which is written again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace peo::sample {

struct SampleOptions {
  std::uint64_t strategies = 90;  // rows in the full load
  std::uint64_t orders = 159'967;
  std::uint64_t executions = 1'494'975;
  std::uint64_t days = 3;                // of changes; 0: only the full load
  std::uint64_t orders_per_day = 2'500;  // new ones; about ten times as many changes to orders and executions
  std::uint64_t files_per_hour = 2;      // change files of a table, about
  std::uint64_t load_files = 1;          // LOAD files of a table; an empty table has none
  std::uint64_t seed = 1;
  bool date_partitioned = false;  // change files under prefixes YYYY/MM/DD
  std::uint64_t gzip_level = 3;   // 1 to 9
  std::string duckdb_library{};   // the files are Parquet, written with it; empty: CSV
};

struct SampleSummary {
  bool already_there = false;                    // the same sample was complete; nothing was written
  std::uint64_t files = 0, rows = 0, bytes = 0;  // rows in files; bytes of the files
};

// Creates `directory` if it doesn't exist. Throws Error: configuration if an option is out of range, or the
// directory contains a sample with other options or anything else; permission or local_io if it can't be
// written. Several processes may call it at once: one writes, the others wait.
SampleSummary write_sample(const SampleOptions& options, const std::filesystem::path& directory);

}  // namespace peo::sample
