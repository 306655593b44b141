// What operators see of the loader through Prometheus: counters and gauges under paper_engine_orders_, and
// process_* of this process.
//
// Every series whose labels are known beforehand is there from the start with 0, so that rate() sees the
// first event; call declare_entity for each entity. Labels never hold a file name. Any thread may call
// anything.
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

// One loaded delivery, as it is counted.
struct DeliveryDone {
  std::uint64_t delivery_id = 0;
  std::string entity{};
  DeliveryKind kind = DeliveryKind::Change;
  RowCountsByTable effects{};  // by entity
  std::uint64_t rows_read = 0;
  std::uint64_t rejected = 0;                     // of them, set aside
  std::uint64_t ignored_rows = 0;                 // of them, of tables that the target doesn't have
  std::uint64_t source_bytes = 0;                 // as fetched
  std::uint64_t uncompressed_bytes = 0;           // after decompress
  std::array<double, step_count> step_seconds{};  // by Step
  double seconds = 0;                             // from beginning to end
  Time written{};                                 // the object's LastModified
};

enum class NotLoaded { Rejected, Failed };  // the delivery itself can't be loaded; this try broke off
enum class Dependency { Source, Target, Notifier };
// What was done with a file that wasn't simply the next one.
enum class Policy {
  LateApplied,
  RewrittenApplied,
  Noted,  // written again with the same bytes
  Reloaded,
  Superseded,  // older than the reload that is in
  Held,
  Replayed,
  SkippedByOperator,
  Quarantined,
  ColumnsIgnored,  // columns that the table hasn't were left out
  ColumnsAdded,    // the table has got them
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
  // For time that belongs to no loaded delivery: listing, publishing, a try that failed.
  void add_step_seconds(Step step, double seconds);

  void count_error(std::optional<Step> step, ErrorKind kind);
  void count_retry(Dependency peer);
  void count_messages_published(std::uint64_t count);
  // `operation`: "list", "get"; `code`: the HTTP status, 0 when no answer came.
  void count_s3_request(std::string_view operation, int code);

  // Loaded files that were found because an event named their prefix, or by polling.
  void count_discovered(bool by_event, std::uint64_t files);
  enum class Event { Hint, Ignored, Malformed };
  void count_event(Event event);
  void set_events_available(bool available);

  void poll_done();       // the bucket has been asked what is next
  void poll_completed();  // a delivery is in, or a poll found nothing new
  void set_backlog(const std::string& entity, std::uint64_t files, std::uint64_t bytes);
  // All of them: into each table nothing more is loaded, for this reason.
  void set_held(const HeldTexts& held);
  // All of it: entities that aren't named have nothing in quarantine.
  void set_quarantined(const std::map<std::string, Quarantined>& quarantined);
  void set_unmatched(const std::vector<std::string>& folders);  // of the bucket, without a table
  void set_ignored_parquet(const IgnoredParquet& ignored);
  void set_oldest_waiting(std::optional<Time> last_modified);
  void set_unsent_messages(std::uint64_t count);
  void set_ignored_objects(IgnoredObject reason, std::uint64_t count);
  void set_leader(bool leader);
  // Who keeps a load waiting for a lock; empty: nobody does.
  void set_lock_wait(const std::string& holder);

  // What the gauges say, as values: for the status page.
  struct Waiting {
    std::uint64_t files = 0, bytes = 0;
  };
  struct Snapshot {
    std::map<std::string, Waiting> backlog;  // by entity
    HeldTexts held;                          // why nothing more is loaded
    std::map<std::string, Quarantined> quarantined;
    std::vector<std::string> unmatched;  // folders of the bucket without a table
    std::map<IgnoredObject, std::uint64_t> ignored;
    std::string lock_wait;  // who keeps a load waiting for a lock; empty: nobody does
    IgnoredParquet parquet;
    std::optional<Time> oldest_waiting, last_poll;
    std::uint64_t unsent_messages = 0;
    bool leader = false;
  };
  Snapshot snapshot() const;

  // Everything, in Prometheus's text format (text/plain; version=0.0.4).
  std::string text() const;

 private:
  void one_waits_less(const std::string& entity, std::uint64_t bytes);

  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::metrics
