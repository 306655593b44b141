// `infer`: drafts the tables' SQL from a bucket's files, for a person to review and edit.
//
// Writes DIR/NNN_<table>.sql for each table's prefix, numbered after the existing files. Tables that SQL in
// the directory already creates are skipped (present_drafts.hpp). DIR/README.md has the next commands; a
// README that infer didn't write is kept. Only the source is read: no target, no ledger. A file that can't be
// read is reported in its table's draft and in the result, and the others are read. Errors: those of Source;
// Fatal (74) if a file can't be written.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "source/source.hpp"
#include "tables/infer/proposed_table.hpp"
#include "tables/survey/row_reader.hpp"
#include "tables/survey/table_survey.hpp"

namespace peo::infer {

struct InferOptions {
  std::filesystem::path directory;  // made if it isn't there
  std::vector<std::string> tables;  // empty: all
  std::uint64_t rows_of_file =
      20'000;  // at most, of up to six full-load and six change files; 0: all rows of all files
  Names names = Names::SnakeCase;
  survey::ReadSettings read{};
  std::string format{};  // FORMAT's text, as read.format was read from
};

struct Drafted {
  std::string table;
  std::filesystem::path file;
  bool was_there = false;
  std::size_t columns = 0, doubts = 0;
  std::uint64_t rows = 0;
  std::string key{}, key_sureness{};  // "order_id, line_no"; empty: there is none
  std::uint64_t files = 0, other_objects = 0;
  std::vector<survey::UnreadableFile> unreadable{};
};

struct Inferred {
  std::vector<Drafted> drafts;
  std::vector<std::string> transactions;  // prefixes of transaction files, which are no tables
  std::string format;                     // what FORMAT is to be; empty: the default
  // Tables whose files seem to have no header, where those of others have one.
  std::vector<std::string> without_header{};
  std::vector<source::WrongLevel> misplaced{};  // prefixes that are not those of one table
};

Inferred write_drafts(source::Source& source, const InferOptions& options, const Cancellation& stop);
// The exit code of the first file that couldn't be read.
ExitCode exit_code_of(const Inferred& inferred);

// For standard output: a line a table, and what to do next.
std::string report(const Inferred& inferred, const InferOptions& options);

}  // namespace peo::infer
