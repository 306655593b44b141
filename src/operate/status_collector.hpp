// What the status page shows, kept ready: the state in a word, entities, last deliveries, throughput and lag
// over the last hours, last errors.
//
// A thread of its own asks the ledger, on a connection of its own that only reads, while somebody looks at
// the page (and now and then otherwise); the history is a ring of minutes, filled from the ledger at the
// start. No secrets, no row's values. json() is quick and may be called from any thread.
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

// What the process knows of itself.
struct ProcessNow {
  bool ready = false;           // the target is open and the last listing went well
  bool stopping = false;        // a stop was asked for
  double idle_seconds = 0;      // since the main loop last gave a sign of life
  double patience_seconds = 0;  // how long that may be: beyond it, it is stuck, and /healthz says so too
  std::string trouble{};        // the error that the loader tries to get over; empty: there is none
  metrics::Metrics::Snapshot metrics;
};

struct StatusOptions {
  std::string conninfo;
  std::function<std::string()> read_conninfo{};  // before each new try; empty: `conninfo` lasts
  std::string source, target;                    // for people; no secrets
  bool persists = true;                          // false: a dry run
  std::chrono::seconds behind_after{60};         // a file that waits longer than this is a backlog
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

  std::mutex mutex_;  // guards what follows
  std::condition_variable asked_;
  std::chrono::steady_clock::time_point wanted_until_{};
  bool ended_ = false;
  std::map<std::string, EntitySums> sums_;
  std::map<std::string, PastDelivery> last_of_;
  std::map<std::string, std::map<std::int64_t, std::uint64_t>> rows_of_;  // by entity and minute, of an hour
  std::vector<PastDelivery> deliveries_;                                  // newest first
  std::map<std::int64_t, MinuteSum> minutes_;                             // since 1970
  Outbox outbox_;
  std::vector<IncompleteFile> incomplete_;
  std::uint64_t last_delivery_id_ = 0;
  std::string holder_;          // who holds the target, when it isn't this process
  std::string ledger_trouble_;  // why the ledger can't be asked

  std::thread thread_;
};

}  // namespace peo::operate
