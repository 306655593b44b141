// `infer`: from a bucket's files to drafts of the tables' SQL, for a person to read and mend.
//
// Writes DIR/NNN_<table>.sql for every table folder, numbered after what is there; a table that has a file
// there already is left alone. It reads the source and nothing else: no target, no ledger. Errors: those of
// Source; Stop (74) when a file can't be written.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/stop.hpp"
#include "source/source.hpp"

namespace peo::infer {

struct InferOptions {
  std::filesystem::path folder;     // made if it isn't there
  std::vector<std::string> tables;  // empty: all
  std::uint64_t rows_of_file =
      20'000;  // at most, of up to six full-load and six change files; 0: all rows of all files
  std::size_t max_row_bytes = std::size_t{64} * 1024 * 1024;
};

struct Drafted {
  std::string table;
  std::filesystem::path file;
  bool was_there = false;
  std::size_t columns = 0, doubts = 0;
  std::uint64_t rows = 0;
  bool has_key = false;
};

std::vector<Drafted> write_drafts(source::Source& source, const InferOptions& options, const Stop& stop);

// For standard output: a line a table, and what to do next.
std::string report(const std::vector<Drafted>& drafts, const InferOptions& options);

}  // namespace peo::infer
