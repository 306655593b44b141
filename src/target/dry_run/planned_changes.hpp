// What a dry run has planned so far, also when a delivery has ended it. The list is limited, the sums are
// complete. Plain values.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/table_columns.hpp"

namespace peo::target {

struct PlannedChanges {
  static constexpr std::size_t most = 1000;
  struct One {
    std::string object_key, entity;
    DeliveryKind kind = DeliveryKind::FullLoad;
    std::uint64_t rows_read = 0;
    RowCountsByTable stats;
    std::vector<NewColumn> added_columns{};  // that would be added to its table
    bool late = false;                       // it sorts before a loaded file
  };
  struct Sums {
    std::uint64_t deliveries = 0, rows_read = 0;
    RowCounts effects;
  };
  std::vector<One> first;  // in order
  std::map<std::string, Sums> by_entity;
  std::map<std::string, std::string> not_predicted;  // by table: "foreign keys and triggers"
};

}  // namespace peo::target
