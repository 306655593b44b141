// The COMMIT of a transaction, and on Citus the end of its second phase.
//
// Citus prepares a transaction on the workers, commits it on the coordinator, and then on the workers. A
// worker that is lost in between finishes its part later: until then its changes are neither visible nor
// undone. Readers of the table miss them meanwhile, and so would the deletes of the next delivery. Citus only
// warns about that. So after a COMMIT with a warning or a lost reply, or by a previous loader, the workers
// are queried. On plain PostgreSQL a COMMIT is finished when it returns. One thread; errors are the
// connection's.
#pragma once
#include <cstdint>
#include <string>

#include "base/cancellation.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

class TwoPhaseCommit {
 public:
  // `connection` must outlive this.
  explicit TwoPhaseCommit(Connection& connection) : connection_(connection) {}

  // A new session: it is unknown whether the commits of the previous one are finished.
  void connected(bool citus) {
    citus_ = citus;
    finished_ = !citus;
  }
  void commit();
  // commit() in two halves, for a COMMIT in a pipeline.
  void sent();
  void returned();
  // Whether everything that was committed is visible.
  bool finished() const { return finished_; }
  // Waits a few seconds for that. Throws Retry when a worker still has not finished.
  void finish(const Cancellation& stop);

 private:
  std::string unfinished_worker();

  Connection& connection_;
  bool citus_ = false;
  bool finished_ = true;
  std::uint64_t warnings_ = 0;  // before the COMMIT
};

}  // namespace peo::target
