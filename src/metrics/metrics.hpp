// The loader's Prometheus metrics: counters and gauges named paper_engine_orders_*, and process_* of this
// process.
//
// Every series whose labels are known in advance exists from the start with 0, so that rate() sees the first
// event; call declare_entity for each entity. Labels never contain a file name. Thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/file_format.hpp"
#include "base/hold.hpp"
#include "base/ledger.hpp"
#include "base/object.hpp"

namespace peo::metrics {

inline constexpr std::size_t step_count = 7;  // of base's Step

// One loaded delivery, for the counters.
struct DeliveryDone {
  std::uint64_t delivery_id = 0;
  std::string entity{};
  DeliveryKind kind = DeliveryKind::Change;
  RowCountsByTable effects{};  // by entity
  std::uint64_t rows_read = 0;
  std::uint64_t rejected = 0;                     // rejected ones among them
  std::uint64_t ignored_rows = 0;                 // those of tables that the target lacks
  std::uint64_t source_bytes = 0;                 // as fetched
  std::uint64_t uncompressed_bytes = 0;           // after decompress
  std::array<double, step_count> step_seconds{};  // by Step
  double seconds = 0;                             // from start to end
  Time written{};                                 // the object's LastModified
};

enum class NotLoaded { Rejected, Failed };  // the delivery can't be loaded; this attempt failed
enum class Dependency { Source, Target, Notifier };
// The policy that was applied to a file that wasn't simply the next one.
enum class Policy {
  LateApplied,
  RewrittenApplied,
  Noted,  // rewritten with the same bytes
  Reloaded,
  Superseded,  // older than the loaded reload
  Held,
  Replayed,
  SkippedByOperator,
  Quarantined,
  ColumnsIgnored,  // columns that the table lacks were ignored
  ColumnsAdded,    // … or added to it
};
enum class IgnoredObject { ControlTable, UnknownFile, UnknownTable, FolderMarker, Parquet };

class Metrics {
 public:
  explicit Metrics(const std::string& version);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  void declare_entity(const std::string& entity);

  // Counts everything about it and logs "Delivery 26: prometheus counters incremented."
  void delivery_done(const DeliveryDone& delivery);
  void delivery_not_loaded(const std::string& entity, DeliveryKind kind, NotLoaded why);
  void count_policy(const std::string& entity, Policy policy);
  // For time outside of loaded deliveries: listing, publishing, a failed attempt.
  void add_step_seconds(Step step, double seconds);

  void count_error(std::optional<Step> step, ErrorKind kind);
  void count_retry(Dependency peer);
  void count_messages_published(std::uint64_t count);
  // `operation`: "list", "get"; `code`: the HTTP status, 0 without a response.
  void count_s3_request(std::string_view operation, int code);

  // Loaded files that were found through an event for their prefix, or by polling.
  void count_discovered(bool by_event, std::uint64_t files);
  enum class Event { Hint, Ignored, Malformed };
  void count_event(Event event);
  void set_events_available(bool available);

  void poll_done();       // the bucket was polled
  void poll_completed();  // a delivery was loaded, or a poll found nothing new
  void set_backlog(const std::string& entity, std::uint64_t files, std::uint64_t bytes);
  // All held tables, with their reasons. Those that are held for a lock count as blocked, also between tries.
  void set_held(const HeldTexts& held);
  // All quarantined files and rows: other entities have none.
  void set_quarantined(const std::map<std::string, Quarantined>& quarantined);
  void set_unmatched(const std::vector<std::string>& prefixes);  // prefixes of the bucket without a table
  void set_ignored_parquet(const IgnoredParquet& ignored);
  void set_oldest_waiting(std::optional<Time> last_modified);
  void set_last_full_listing(std::optional<Time> time);
  void set_unsent_messages(std::uint64_t count);
  void set_ignored_objects(IgnoredObject reason, std::uint64_t count);
  void set_leader(bool leader);
  // The holder of the lock that a load waits for; empty: no load is waiting.
  void set_lock_wait(const std::string& holder);

  // The values of the gauges, for the status page.
  struct Waiting {
    std::uint64_t files = 0, bytes = 0;
  };
  struct Snapshot {
    std::map<std::string, Waiting> backlog;  // by entity
    HeldTexts held;                          // reasons by entity
    std::map<std::string, Quarantined> quarantined;
    std::vector<std::string> unmatched;  // prefixes of the bucket without a table
    std::map<IgnoredObject, std::uint64_t> ignored;
    std::string lock_wait;  // the holder of the lock that a load waits for; empty: no load is waiting
    IgnoredParquet parquet;
    std::optional<Time> oldest_waiting, last_poll, last_full_listing;
    std::uint64_t unsent_messages = 0;
    bool leader = false;
  };
  Snapshot snapshot() const;

  // Everything, in Prometheus's text format (text/plain; version=0.0.4).
  std::string text() const;

 private:
  void decrement_backlog(const std::string& entity, std::uint64_t bytes);

  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::metrics
