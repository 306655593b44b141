// First full loads that are more than one transaction: of several connections (FULL_LOAD_CONNECTIONS).
//
// The table's indexes are gone meanwhile, for others too. So that no crash can leave it like that, the load
// is written down in loader_full_loads before its first row is committed, with the statements that build the
// indexes. A row of a delivery that is not in the ledger has an event_id beyond the last one of loader_state:
// recover() takes such rows out and builds the indexes, those too that the load had built and not yet
// recorded, and the table is as the ledger says. It runs when a loader opens the target, and before the table
// is loaded in any other way. Whoever else commits for the load does so in transactions that lock() it:
// recover() waits for them, and then there are none any more. One thread; errors are the connection's.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "target/full_load/index_rebuild.hpp"
#include "target/session.hpp"

namespace peo::target {

class UnfinishedLoads {
 public:
  struct UnderWay {
    std::string key, same_key;  // as Table::key_list and same_key("t", "last")
    std::string began;          // which tells it from another load of the table
    IndexRebuild indexes;
  };

  // `session` must outlive this.
  explicit UnfinishedLoads(Session& session) : session_(session) {}

  // After the connection was made. There is none in a target without the loader's tables.
  void read();
  bool any() const { return !under_way_.empty(); }
  bool contains(const std::string& table) const { return under_way_.contains(table); }

  // In the load's transaction. What was begun here counts, committed or not.
  void begin(const Table& table, const IndexRebuild& indexes);
  void end(const std::string& table);
  // In a transaction of another connection: the load is still under way, and will be as long as that lasts.
  // Throws when it isn't.
  void lock(Connection& connection, const std::string& table) const;
  // After its commit.
  void forget(const std::string& table) { under_way_.erase(table); }

  // Repairs the tables of all, each in a transaction of its own. The session has read its counters.
  void recover();

 private:
  void recover(const std::string& table);
  void delete_unrecorded(const std::string& table);
  void build(const std::string& table, const UnderWay& load);
  std::string qualified(const std::string& table) const;

  Session& session_;
  std::map<std::string, UnderWay> under_way_;
};

}  // namespace peo::target
