// The ledger's answers, from any relation that has its columns: the real target's table, a dry run's view.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ledger.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

// The relations.
struct LedgerTables {
  std::string deliveries, entities;
};

std::map<std::string, LedgerEntry> find_in(Connection& connection, const std::string& deliveries,
                                           std::span<const std::string> object_keys);
std::map<std::string, EntityState> states_in(Connection& connection, const LedgerTables& ledger,
                                             std::span<const std::string> entities,
                                             std::uint64_t look_back_files);
std::vector<LoadedObject> loaded_after_in(Connection& connection, const LedgerTables& ledger,
                                          const std::string& entity, int generation, const Position& after,
                                          std::size_t limit);
// What each table of a transaction file had. `entities`: the relation.
struct CarriedRows {
  std::string entity;
  std::uint64_t rows = 0;
  RowCounts effects;
};
std::vector<CarriedRows> carried_rows(const FileStats& facts,
                                      const RowCountsByTable& stats);  // none: a file of one table
void record_entities(Connection& connection, const std::string& entities, std::uint64_t delivery_id,
                     Time name_time, std::span<const CarriedRows> rows);

std::vector<OpenRequest> open_requests_in(Connection& connection, const std::string& requests);

// The form of a time in statements: "2022-09-22 09:58:53.123456+00".
std::string timestamp(Time time);
Parameter timestamp(const std::optional<Time>& time);

}  // namespace peo::target
