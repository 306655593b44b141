// How the rows of a table's files are built: header or not, Op or not, which field is which column, and what
// the columns are called.
//
// Where the table's SQL is known, it is the loader's own reading of the files (decode/row_layout.hpp). Else
// it is told from their first rows, with the help of FORMAT and COLUMNS.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/file_format.hpp"
#include "base/table_columns.hpp"
#include "source/source.hpp"
#include "tables/survey/row_reader.hpp"
#include "tables/survey/table_listing.hpp"

namespace peo::survey {

// The first rows of a file.
struct FileHead {
  TableFile file;
  std::vector<std::vector<std::string>> rows;  // at most `most_rows`
  static constexpr std::size_t most_rows = 50;
  std::size_t width() const { return rows.empty() ? 0 : rows.front().size(); }
};
// Called in the handler of a file's error: either returns, which makes the rows before it the head, or
// rethrows it.
using OnUnreadable = std::function<void(const TableFile&, const Error&)>;
FileHead read_head(source::Source& source, const TableFile& file, const Cancellation& stop,
                   const ReadSettings& settings, const OnUnreadable& on_unreadable = {});

// What was said of a table before its files are looked at.
struct KnownTable {
  std::string name{};
  TableColumns columns{};  // by its SQL, without the loader's own; none: there is no SQL of it
  FileFormat format{};
  ColumnEntries entries{};  // COLUMNS of the table; none: not given
};

// What the fields of one file's rows are.
struct FileFields {
  static constexpr std::int32_t none = -1;
  bool header = false;  // the first row is no data
  std::int32_t operation = none;
  std::vector<std::int32_t> places;  // of each column of the table: its field; none: the file lacks it
};

struct TableShape {
  enum class Names { Numbered, Header, Settings, Sql };  // where the columns' names come from
  Names names = Names::Numbered;
  bool header = false;  // every file begins with the columns' names
  bool operation_in_loads = false;
  bool operation_in_changes = false;
  std::vector<std::string> columns;  // without Op and what DMS adds; "column_1", … where nothing names them
  std::vector<std::size_t> key;      // by the SQL: places of columns
  std::vector<std::string> doubts;   // what a person should look at, a sentence each

  // By the file's first row. Nothing when the file is built in another way than the table's others.
  std::optional<FileFields> fields_of(DeliveryKind kind, const std::vector<std::string>& first_row,
                                      std::string_view object_key = {}) const;

  KnownTable known{};
  std::vector<std::string> ignored_columns{};  // fields of a header that are no column
  bool has_operation(DeliveryKind kind) const {
    return kind == DeliveryKind::FullLoad ? operation_in_loads : operation_in_changes;
  }
};

// Of a table's file heads. No file with a row at all: no columns.
TableShape find_shape(const std::vector<FileHead>& heads, const KnownTable& known = {});
TableShape find_shape(source::Source& source, const TableFiles& files, const Cancellation& stop,
                      const ReadSettings& settings, const KnownTable& known,
                      const OnUnreadable& on_unreadable = {});

}  // namespace peo::survey
