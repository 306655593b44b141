// First full loads that are more than one transaction, because they use several connections
// (FULL_LOAD_CONNECTIONS).
//
// Meanwhile the table has no indexes, for other sessions too. So that no crash can leave it like that, the
// load is recorded in loader_full_loads before its first row is committed, with the statements that create
// the indexes. Rows of deliveries that are not in the ledger have event_ids above the last one in
// loader_state: recover() deletes them and rebuilds the indexes, including those that the load had already
// created, so that the table matches the ledger. It runs when a loader opens the target, and before anything
// else is loaded.
//
// Every other connection that commits for the load does so in transactions that have called lock(): recover()
// waits for them, and none can begin afterwards. One thread; errors are the connection's.
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
    std::string began;          // distinguishes it from another load of the table
    IndexRebuild indexes;
  };

  // `session` must outlive this.
  explicit UnfinishedLoads(Session& session) : session_(session) {}

  // Once connected. A target without the loader's tables has none.
  void read();
  bool any() const { return !under_way_.empty(); }

  // In the load's transaction. The load counts as started even if that transaction is rolled back.
  void begin(const Table& table, const IndexRebuild& indexes);
  void end(const std::string& table);
  // In a transaction of another connection: asserts that the load is still active, and keeps it so until that
  // transaction ends. Throws Retry when it isn't.
  void lock(Connection& connection, const std::string& table) const;
  // After its commit.
  void forget(const std::string& table) { under_way_.erase(table); }

  // Repairs the tables of all unfinished loads, each in its own transaction. The session must have read its
  // counters.
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
