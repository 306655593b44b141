// How the rows of a table's files are built, told from their first rows: header or not, Op or not, how many
// columns, and what they are called.
#pragma once
#include <string>
#include <vector>

#include "base/stop.hpp"
#include "source/source.hpp"
#include "survey/row_reader.hpp"
#include "survey/table_folders.hpp"

namespace peo::survey {

// The first rows of a file.
struct FileHead {
  TableFile file;
  std::vector<std::vector<std::string>> rows;  // at most `most_rows`
  static constexpr std::size_t most_rows = 50;
  std::size_t width() const { return rows.empty() ? 0 : rows.front().size(); }
};
FileHead read_head(source::Source& source, const TableFile& file, const Stop& stop,
                   std::size_t max_row_bytes);

struct TableShape {
  bool header = false;  // every file begins with the columns' names
  bool operation_in_loads = false;
  bool operation_in_changes = false;
  std::vector<std::string> columns;  // without Op; "column_1", … where no header names them
  std::vector<std::string> doubts;   // what a person should look at, a sentence each

  bool has_operation(DeliveryKind kind) const {
    return kind == DeliveryKind::FullLoad ? operation_in_loads : operation_in_changes;
  }
  std::size_t width(DeliveryKind kind) const { return columns.size() + (has_operation(kind) ? 1 : 0); }
};

// Of a table's file heads. No file with a row at all: no columns.
TableShape find_shape(const std::vector<FileHead>& heads);
TableShape find_shape(source::Source& source, const TableFiles& files, const Stop& stop,
                      std::size_t max_row_bytes);

// I, U, D, or the words of old DMS versions.
bool is_operation(std::string_view text);

}  // namespace peo::survey
