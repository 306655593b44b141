#include "target/two_phase_commit.hpp"

#include <fmt/format.h>

#include <chrono>

#include "session_sql.hpp"

namespace peo::target {

void TwoPhaseCommit::commit() {
  sent();
  connection_.query("COMMIT");
  returned();
}

void TwoPhaseCommit::sent() {
  warnings_ = connection_.warnings();
  finished_ = !citus_;
}

void TwoPhaseCommit::returned() { finished_ = !citus_ || connection_.warnings() == warnings_; }

void TwoPhaseCommit::finish(const Cancellation& stop) {
  constexpr auto pause = std::chrono::milliseconds(100);
  constexpr int tries = 20;
  for (int i = 0; !finished_; ++i) {
    const auto worker = unfinished_worker();
    finished_ = worker.empty();
    if (finished_) return;
    if (i == tries || stop.sleep_for(pause)) {
      throw Error::retry(
          fmt::format("the Citus worker {} has not finished a transaction of the loader yet", worker),
          "Check that the worker is running. Citus finishes the transaction within "
          "citus.recover_2pc_interval.");
    }
  }
}

// Empty: none.
std::string TwoPhaseCommit::unfinished_worker() {
  const auto rows = connection_.query(std::string(sql::prepared_transactions));
  if (rows.size() == 0) return {};
  std::string worker(rows.text(0, 0));
  // Immediately, if the role may do that.
  if (rows.boolean(0, 1) && rows.boolean(0, 2))
    connection_.query("SELECT pg_catalog.recover_prepared_transactions()");
  return worker;
}

}  // namespace peo::target
