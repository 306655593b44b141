// The change files of one table: changes are added as they happen, and a few times an hour a file is written
// with the changes since the last one. Each table has its own times, as with AWS DMS, so the changes of one
// transaction to two tables are in files with different names.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "sample/object_file.hpp"
#include "sample/random.hpp"
#include "sample/row_text.hpp"
#include "sample/table_state.hpp"
#include "sample/tables.hpp"
#include "sample/written_files.hpp"

namespace peo::sample {

struct ChangeFileOptions {
  std::uint64_t files_per_hour = 2;  // about
  bool date_partitioned = false;
  ObjectForm form{};
};

class ChangeFiles {
 public:
  // `state` is the table after the full load; the changes are applied to it.
  ChangeFiles(Table table, std::filesystem::path bucket, std::uint64_t seed, ChangeFileOptions options,
              TableState& state);

  void begin_day(Time midnight);
  // Writes the files that are due at this time.
  void advance_to(Time now);
  void end_day();

  // `write_row` writes the fields of the row, the key first.
  template <typename WriteRow>
  void put(char operation, std::uint64_t key, const WriteRow& write_row) {
    text_.begin(operation);
    write_row(text_);
    changes_.push_back({operation, key, text_.end()});
  }
  // A delete with only the key.
  void put_key(std::uint64_t key);
  // Repeats the last row byte by byte. Does nothing right after a file was written.
  void repeat();

  WrittenFiles& written() { return written_; }

 private:
  void write_out(Time name_time);

  Table table_;
  std::filesystem::path bucket_;
  Random random_;
  ChangeFileOptions options_;
  TableState& state_;
  std::vector<Time> due_;
  std::size_t next_due_ = 0;
  RowText text_;
  std::vector<ChangeOf> changes_;
  WrittenFiles written_;
};

}  // namespace peo::sample
