// The written files of a sample, with what expected.json contains about each.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "sample/tables.hpp"

namespace peo::sample {

struct WrittenFile {
  Table table = Table::Strategies;
  DeliveryKind kind = DeliveryKind::FullLoad;
  std::string key;  // "dbo/orders/LOAD00000001.csv.gz"
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0, inserts = 0, updates = 0, deletes = 0;  // a full-load row counts as an insert
  RowCounts effects;                                              // on the table before this file
};

using WrittenFiles = std::vector<WrittenFile>;

}  // namespace peo::sample
