// The three entities as the sample writes them: their columns in the files' order. It is the same order as in
// db/entities; the checksum of a table is computed from these columns.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/parquet/writer.hpp"

namespace peo::sample {

enum class Table { Strategies, Orders, Executions };
inline constexpr std::array all_tables = {Table::Strategies, Table::Orders, Table::Executions};

enum class Form { Plain, Date, Timestamp };  // Plain: PostgreSQL's ::text is explicit enough

struct Column {
  std::string_view name;
  Form form = Form::Plain;
  std::string_view type = {};  // in a Parquet file; empty: by the form, Plain is text
};

// Of a Parquet file; changes begin with Op.
std::vector<parquet::WrittenColumn> written_columns(Table table, bool changes);

std::string_view name_of(Table table);
std::span<const Column> columns_of(Table table);
// The lowest key of a table in any sample; keys go up from there.
std::uint64_t first_key_of(Table table);

// A statement that returns one row with one column: the current checksum of the table.
std::string checksum_sql(Table table);

}  // namespace peo::sample
