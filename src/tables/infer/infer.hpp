// `infer`: from a bucket's files to drafts of the tables' SQL, for a person to read and mend.
//
// Writes DIR/NNN_<table>.sql for every table folder, numbered after what is there; a table that the SQL there
// creates already is left alone (present_drafts.hpp). DIR/README.md has the commands that follow; one that
// infer hasn't written is left alone too. It reads the source and nothing else: no target, no ledger. A file
// that can't be read is told in its table's draft and in the result; the others go on. Errors: those of
// Source; Fatal (74) when a file can't be written.
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
  std::filesystem::path folder;     // made if it isn't there
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
  std::vector<std::string> transactions;  // folders of transaction files, which are no tables
  std::string format;                     // what FORMAT is to be; empty: the default
  // Tables whose files seem to have no header, where those of others have one.
  std::vector<std::string> without_header{};
};

Inferred write_drafts(source::Source& source, const InferOptions& options, const Cancellation& stop);
// That of the first file that couldn't be read.
ExitCode exit_code_of(const Inferred& inferred);

// For standard output: a line a table, and what to do next.
std::string report(const Inferred& inferred, const InferOptions& options);

}  // namespace peo::infer
