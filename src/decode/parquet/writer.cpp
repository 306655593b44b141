#include "decode/parquet/writer.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/sql_template.hpp"
#include "decode/parquet/database.hpp"
#include "parquet_sql.hpp"

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
    database.run(fill(sql::write, {{"csv", sql_literal(csv)},
                                   {"null", sql_literal(csv_null)},
                                   {"columns", "{" + types + "}"},
                                   {"parquet", sql_literal(parquet)}}));
  } catch (const QueryFailed& failed) {
    throw Error::local_io(fmt::format("can't write {}: {}", parquet, failed.what()));
  }
}

}  // namespace peo::parquet
