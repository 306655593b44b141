// A second opinion over apply: the same files, applied row by row, a statement each, by a plain loop in
// PostgreSQL, to tables of its own in the schema "oracle" of the same database. What a file did is the
// difference between its table before and after. It shares nothing with the loader but PostgreSQL's types.
//
//   ApplyOracle oracle(database, stream.tables);
//   oracle.apply(file, delivery_id);                 // in the ledger's order
//   EXPECT_THAT(oracle.differences(), IsEmpty());
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "support/database.hpp"
#include "support/random_stream.hpp"

namespace peo::test {

class ApplyOracle {
 public:
  ApplyOracle(Database& database, std::vector<StreamTable> tables);

  void apply(const StreamFile& file, std::uint64_t delivery_id);
  // Between what the loader has in the target and what the oracle says: rows, their deliveries, removals,
  // the ledger's counts, and the order of event_ids (which may have gaps).
  std::vector<std::string> differences();

 private:
  void compare_rows(const StreamTable& table, std::vector<std::string>& found);
  void compare_removals(const StreamTable& table, std::vector<std::string>& found);
  void compare_ledger(std::vector<std::string>& found);
  void compare_events(std::vector<std::string>& found);
  void note(const std::string& what, const std::string& sql, std::vector<std::string>& found);

  Database& database_;
  std::vector<StreamTable> tables_;
  std::uint64_t last_event_id_ = 0;
};

}  // namespace peo::test
