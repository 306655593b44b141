// Reads files of one table and gathers what they hold: figures for each column, operations, the key. All of
// it for `profile`, a sample for `infer`.
//
// Figures of columns are over the rows of full loads, inserts and updates: a delete row may hold nothing but
// its key. Memory is bounded by the number of columns. Errors: those of Source; a file that can't be read is
// BadDelivery, unless such files are skipped. One thread.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "tables/survey/column_stats.hpp"
#include "tables/survey/key_finder.hpp"
#include "tables/survey/table_listing.hpp"
#include "tables/survey/table_shape.hpp"

namespace peo::survey {

struct SurveyOptions {
  std::uint64_t rows_of_file = 0;  // 0: all of every file; else of a few files of each kind at most so many
  std::size_t exact_distinct = 65'536;
  std::size_t exact_keys = 4'000'000;  // 64 MiB at most
  ReadSettings read{};
  TableColumns table{};          // by the table's SQL, without the loader's own; none: it isn't known
  std::vector<std::string> key;  // columns by name, where a person has said; else the likeliest
  std::function<void(const TableFile&)> on_file{};  // before it is read
  bool skip_unreadable = false;  // skip a row or a file that can't be read instead of failing
};

// A file that can't be read completely. Its other rows count.
struct UnreadableFile {
  std::string where;  // "dbo/orders/LOAD00000001.csv.gz line 3"
  std::string why;
  ExitCode exit_code = ExitCode::BadInput;
};

struct Operations {
  std::uint64_t inserts = 0, updates = 0, deletes = 0;
  std::uint64_t all() const { return inserts + updates + deletes; }
};

struct TableSurvey {
  TablePrefix location;
  TableFiles files;
  TableShape shape;
  std::uint64_t files_read = 0;
  std::uint64_t files_left_out = 0;  // read, but built otherwise than the others: not in the figures
  std::map<std::string, UnreadableFile> unreadable{};  // by object key
  bool complete = false;                               // every row of every file was read
  std::uint64_t load_rows = 0;
  Operations changes;
  std::vector<ColumnStats> columns;  // as shape.columns
  // The types that Parquet files specify for each of them.
  std::vector<std::set<std::string>> types;

  // Candidates by place of columns, likeliest first; the first is the key.
  std::vector<std::vector<std::size_t>> keys;
  enum class KeyBy { Likelihood, Person, Sql };
  KeyBy key_by = KeyBy::Likelihood;
  std::uint64_t key_rows = 0;                    // rows of full loads that the candidates were found in
  std::vector<std::uint64_t> filled_in_deletes;  // per column
  std::uint64_t sparse_deletes = 0;              // delete rows with some empty column
  std::uint64_t distinct_keys = 0;               // of full-load rows, by the first of `keys`
  bool distinct_keys_exact = true;
  std::string duplicate_key;  // an example of one that came twice

  // By the hour of the change files' names, UTC; by day when there are more than `most_buckets` hours.
  static constexpr std::size_t most_buckets = 2000;
  std::map<std::int64_t, Operations> over_time;  // by start, seconds since 1970-01-01
  std::int64_t bucket_seconds = 3600;
  std::optional<Time> first_change, last_change;  // names of change files
};

TableSurvey survey_table(source::Source& source, const TablePrefix& location, const SurveyOptions& options,
                         const Cancellation& stop);

}  // namespace peo::survey
