#include "decode/parquet/writer.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "decode/parquet/database.hpp"

namespace peo::parquet {

void write_parquet(const std::string& library, const std::string& csv,
                   const std::vector<WrittenColumn>& columns, const std::string& parquet) {
  constexpr std::uint64_t memory_bytes = std::uint64_t{512} << 20U;
  std::string types;
  for (const auto& column : columns)
    types += fmt::format("{}{}: {}", types.empty() ? "" : ", ", sql_literal(column.name),
                         sql_literal(column.type));
  try {
    Database database(duckdb::Api::load(library), memory_bytes, {csv, parquet});
    database.run(fmt::format(
        "COPY (SELECT * FROM read_csv({}, header = false, auto_detect = false, delim = ',', quote = "
        "'\"', escape = '\"', new_line = '\\n', nullstr = {}, allow_quoted_nulls = false, columns = {{{}}})) "
        "TO {} "
        "(FORMAT parquet, COMPRESSION snappy)",
        sql_literal(csv), sql_literal(csv_null), types, sql_literal(parquet)));
  } catch (const QueryFailed& failed) {
    throw Error::local_io(fmt::format("can't write {}: {}", parquet, failed.what()));
  }
}

}  // namespace peo::parquet
