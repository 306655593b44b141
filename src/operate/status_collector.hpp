// Collects what the status page shows: the state, entities, recent deliveries, throughput and lag over the
// last hours, recent errors.
//
// Its own thread queries the ledger, on its own read-only connection, while the page is open (and once a
// minute otherwise). The history has one entry per minute and is filled from the ledger at the start. No
// secrets, no values of rows. json() is fast and may be called from any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.hpp"
#include "metrics/metrics.hpp"
#include "operate/ledger_reader.hpp"
#include "operate/state.hpp"

namespace peo::operate {

// The current state of the process.
struct ProcessNow {
  bool ready = false;          // the target is open and the last listing succeeded
  bool stopping = false;       // a stop was requested
  double idle_seconds = 0;     // since the main loop last made progress
  double timeout_seconds = 0;  // timeout after which it counts as stuck, as in /healthz
  std::string trouble{};       // the error that is being retried; empty: there is none
  metrics::Metrics::Snapshot metrics;
};

struct StatusOptions {
  std::string conninfo;
  std::function<std::string()> read_conninfo{};  // called before each retry; empty: `conninfo` is fixed
  std::string source, target;                    // for display; no secrets
  bool persists = true;                          // false: a dry run
  std::chrono::seconds behind_after{60};         // if a file waits longer, the loader is behind
};

class StatusCollector {
 public:
  // `now` may be called from any thread until this is destroyed.
  StatusCollector(StatusOptions options, std::function<ProcessNow()> now);
  StatusCollector(const StatusCollector&) = delete;
  StatusCollector& operator=(const StatusCollector&) = delete;
  ~StatusCollector();

  std::string json();
  StateWord state();

 private:
  StateWord state(const ProcessNow& now, Time time) const;  // with the mutex held

  struct MinuteSum {
    std::uint64_t rows = 0, bytes = 0, files = 0;
    std::optional<double> lag_seconds;
  };

  void work();
  void refresh(LedgerReader& ledger);
  void sample();
  void forget_old(std::int64_t minute);

  StatusOptions options_;
  std::function<ProcessNow()> now_;
  Cancellation stop_;

  std::mutex mutex_;  // guards the following members
  std::condition_variable asked_;
  std::chrono::steady_clock::time_point wanted_until_{};
  bool ended_ = false;
  std::map<std::string, EntitySums> sums_;
  std::map<std::string, PastDelivery> last_of_;
  std::map<std::string, std::map<std::int64_t, std::uint64_t>> rows_of_;  // by entity and minute, of an hour
  std::vector<PastDelivery> deliveries_;                                  // newest first
  std::map<std::int64_t, MinuteSum> minutes_;                             // since 1970
  std::optional<Outbox> outbox_;                                          // none: the ledger was not read yet
  std::vector<IncompleteFile> incomplete_;
  std::uint64_t last_delivery_id_ = 0;
  std::string holder_;          // the active loader, if it isn't this process
  std::string ledger_trouble_;  // why the ledger can't be queried

  std::thread thread_;
};

}  // namespace peo::operate
