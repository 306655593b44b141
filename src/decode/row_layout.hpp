// The layout of a file's rows: the meaning of each field.
//
// AWS DMS writes [Op] [timestamp] columns [columns added by rules, before-images], depending on its settings,
// which the file doesn't show (docs/file-format.md). So the first row decides: by its number of fields and by
// valid values of Op and timestamp or, if it is a header, by its names; FORMAT and COLUMNS help. If several
// layouts fit, or none, it is an error that shows them: nothing is guessed.
//
// A file without a header that is older than a column added by SCHEMA_DRIFT=add has no field for it. Then the
// table's earlier sets of columns are tried, starting with the one when the file was loaded, if it was.
//
// A field without a column in the table is an error too, unless `drift` is to ignore it, or to add it (by its
// name in the header). Without a header, fields are ignored only at the end of the row, and only if the
// layout is unambiguous.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/delivery.hpp"
#include "base/file_format.hpp"
#include "base/policies.hpp"
#include "base/table_columns.hpp"
#include "decode/change.hpp"

namespace peo::decode {

struct RowLayout {
  static constexpr std::int32_t none = -1;
  struct Before {             // the before-image of a column of the key
    std::uint32_t field = 0;  // in the file's row
    std::uint32_t place = 0;  // of the column, in a batch's row
  };

  bool header = false;            // the first row is a header
  std::int32_t operation = none;  // the field that is Op; none: every row is an insert
  // For each field of the file's row: its position in a batch's row; none: it is not loaded.
  std::vector<std::int32_t> places;
  std::vector<Before> before;
  std::shared_ptr<const ColumnMapping> mapping;
  std::vector<std::string> ignored_columns;  // columns that the table lacks, for display
  std::vector<std::string> absent_columns;   // table columns that the header lacks, for display

  std::size_t width() const { return places.size(); }
};

struct LayoutQuestion {
  DeliveryKind kind = DeliveryKind::FullLoad;
  const std::string& entity;
  const TableColumns& columns;
  const FileFormat& format;
  const ColumnEntries& entries;  // COLUMNS of this table; empty: not set
  // The row is from a transaction file: Op always comes first, then the names of table and schema, and there
  // is no header.
  bool in_transactions = false;
  SchemaDrift drift = SchemaDrift::Stop;
  std::uint64_t loaded_as = 0;       // as in ParseOptions
  std::vector<std::string> types{};  // of the row's fields, as DecodedStream::column_types
};

// Throws BadDelivery when the first row fits no layout or more than one, lacks a column of the key, or names
// a column that the table lacks; Fatal (78) when COLUMNS names such a column.
RowLayout row_layout(const std::vector<std::string_view>& first_row, const LayoutQuestion& question);

// I, U, D or the words of old DMS versions, ignoring case. Throws BadDelivery for anything else.
Operation operation_of(std::string_view text);
bool is_operation(std::string_view text);

}  // namespace peo::decode
