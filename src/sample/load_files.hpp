// Writes the rows of one table to LOAD files of about equal size, LOAD00000001 first.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "sample/object_file.hpp"
#include "sample/row_text.hpp"
#include "sample/table_state.hpp"
#include "sample/tables.hpp"
#include "sample/written_files.hpp"

namespace peo::sample {

class LoadFiles {
 public:
  // An empty table has no prefix and no file, whatever `files` is.
  LoadFiles(Table table, std::filesystem::path bucket, std::uint64_t rows, std::uint64_t files,
            ObjectForm form);

  // `write_row` writes the fields of the next row.
  template <typename WriteRow>
  void add(const WriteRow& write_row) {
    text_.begin();
    write_row(text_);
    state_.load(text_.end());
    ++rows_done_;
    if (text_.csv.size() >= piece || rows_done_ == file_end_) write_out();
  }

  TableState& state() { return state_; }
  WrittenFiles& written() { return written_; }

 private:
  static constexpr std::size_t piece = std::size_t{256} * 1024;
  void write_out();

  Table table_;
  std::filesystem::path bucket_;
  std::uint64_t rows_, files_;
  ObjectForm form_;
  std::uint64_t rows_done_ = 0, file_begin_ = 0, file_end_ = 0;
  std::optional<ObjectFile> file_;
  RowText text_;
  TableState state_;
  WrittenFiles written_;
};

}  // namespace peo::sample
