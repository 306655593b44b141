// How a file's rows are read as a table's: what each field is.
//
// AWS DMS writes [Op] [timestamp] columns [columns added by rules, before-images]; which of them is said by
// its settings, not by the file (docs/file-format.md). So the first row decides, by its width, by what must
// stand in Op and in a timestamp, or, if it is a header, by its names; FORMAT and COLUMNS help. Where two
// readings fit, or none, it is an error that shows them: nothing is guessed.
//
// A file without a header that was written before SCHEMA_DRIFT=add gave the table a column has no field for
// it. Then the columns that the table had earlier are tried, from those that it had when the file was loaded,
// if it was.
//
// What the table has no column for is an error too, unless `drift` says to leave it out, or to add it (a
// header's names). Without a header, fields are left out at the end of the row only, and only where nothing
// else can be meant.
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
    std::uint32_t place = 0;  // of the column in a batch's row
  };

  bool header = false;            // the first row is no data
  std::int32_t operation = none;  // the field that is Op; none: every row is an insert
  // For each field of the file's row: its place in a batch's row; none: it is not loaded.
  std::vector<std::int32_t> places;
  std::vector<Before> before;
  std::shared_ptr<const ColumnMapping> mapping;
  std::vector<std::string> ignored_columns;  // what the table has no column for, for people
  std::vector<std::string> absent_columns;   // of the table, that a header doesn't name, for people

  std::size_t width() const { return places.size(); }
};

struct LayoutQuestion {
  DeliveryKind kind = DeliveryKind::FullLoad;
  const std::string& entity;
  const TableColumns& columns;
  const FileFormat& format;
  const ColumnEntries& entries;  // COLUMNS of this table; empty: not given
  // The row is of a transaction file: Op always stands first, then the names of table and schema, and no row
  // names the columns.
  bool in_transactions = false;
  SchemaDrift drift = SchemaDrift::Stop;
  std::uint64_t loaded_as = 0;       // as in ParseOptions
  std::vector<std::string> types{};  // of the row's fields, as DecodedStream::column_types
};

// Throws BadDelivery when the first row fits no reading or more than one, lacks a column of the key, or names
// one that the table doesn't have; Fatal (78) when COLUMNS names such a one.
RowLayout row_layout(const std::vector<std::string_view>& first_row, const LayoutQuestion& question);

// I, U, D or the words of old DMS versions, in any case. Throws BadDelivery for anything else.
Operation operation_of(std::string_view text);
bool is_operation(std::string_view text);

}  // namespace peo::decode
