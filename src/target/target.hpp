// Target hides PostgreSQL: a delivery's rows go in, with true counts come out, in one transaction with its
// ledger row and its message.
//
// Life: open() (connect, lock, migrate, read the tables); then for each delivery begin(), add() its batches,
// commit(). After an error that may pass: open() again, then loaded() tells whether a commit whose reply was
// lost went through. A DeliveryLoad that is destroyed without a commit rolls back. One thread at a time;
// errors are peo::Error.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/ledger.hpp"
#include "base/message.hpp"
#include "base/table_columns.hpp"
#include "decode/change.hpp"

namespace peo::target {

// How rows get into the table.
enum class Path {
  Direct,  // COPY straight into it: for full loads; given up when a row's key is there already
  Staged,  // through a temporary table, by the last operation for each key
};
// How values get to the server.
enum class Format {
  Binary,  // encoded here: about half of the server's work; given up for a value that is not surely
           // understood
  Text,    // as they stand in the file: the server's own input functions read them, and tell what is wrong
};
struct Way {
  Path path = Path::Staged;
  Format format = Format::Binary;
  // On the staged path: compacted to the last row for each key before they are sent, where the key allows it;
  // given up when a row of the file doesn't.
  bool compacted = true;
  // Direct: further full-load files of the entity come next, in a transaction of their own.
  bool more_follow = false;
  // Direct: over one connection, however many may be used.
  bool alone = false;
};

// Thrown when the way that was taken can't take these deliveries; nothing was changed. They are to be read
// again.
struct TryAnotherWay {
  Way way;
  std::string why;
};

struct Outcome {
  std::uint64_t delivery_id = 0;
  RowCountsByTable stats;
  std::uint64_t rows_read = 0;
  std::uint64_t rejected = 0;                // of them, set aside
  std::vector<std::string> added_columns{};  // that its table has got for it
  std::optional<std::uint64_t> max_event_id;
  std::optional<Message> message;  // put in the outbox with the delivery
  double apply_seconds = 0, record_seconds = 0;
};

class DeliveryLoad {
 public:
  DeliveryLoad() = default;
  DeliveryLoad(const DeliveryLoad&) = delete;
  DeliveryLoad& operator=(const DeliveryLoad&) = delete;
  virtual ~DeliveryLoad() = default;

  virtual void add(const decode::ChangeBatch& batch) = 0;
  // A late file, behind its last row: rows of the deliveries that come after it but are in, read again. What
  // they say of a key stands: the late file loses it. begin_newer() and end_newer(), after each of those
  // deliveries, tell whether the late file has rows left.
  virtual bool begin_newer() = 0;
  virtual void add_newer(const decode::ChangeBatch& batch) = 0;
  virtual bool end_newer() = 0;
  virtual void end_file(const FileStats& facts) = 0;  // the next batch is the next delivery's
  virtual std::vector<Outcome> commit() = 0;          // one for each delivery of the group
};

// Small deliveries, many under way at a time and several in a transaction: for a backlog of tiny files, where
// waiting for the server after each would be most of the time. Their order is kept: when one fails, all
// behind it do.
class PipelinedLoads {
 public:
  struct Result {
    std::vector<Outcome> outcomes;  // of those that are in, in order; durable
    // Why the next one isn't; it may go another way. Nothing, though not all are in: those that aren't may be
    // sent again.
    std::optional<Error> failed;
  };

  PipelinedLoads() = default;
  PipelinedLoads(const PipelinedLoads&) = delete;
  PipelinedLoads& operator=(const PipelinedLoads&) = delete;
  virtual ~PipelinedLoads() = default;

  // The rows of a delivery; null for an empty file. They are kept until send(). False: not this way.
  virtual bool take(const Delivery& delivery, const decode::ChangeBatch* batch) = 0;
  virtual void send(const FileStats& facts) = 0;
  virtual bool full() const = 0;  // as many are under way as should be: time to commit
  // Waits for all of them. Throws only when the connection is lost.
  virtual Result commit() = 0;
};

// What a delivery is recorded as that was not loaded.
enum class NotLoaded { Skipped, Quarantined };

class Target : public Ledger {
 public:
  virtual void open() = 0;
  // At the end: what a load that broke off has left is put in order, if the target can be reached. Never
  // throws.
  virtual void recover() {}
  virtual bool persists() const = 0;   // false: a dry run
  virtual bool connected() const = 0;  // open() need not be called again after an error

  virtual std::vector<std::string> tables() const = 0;
  virtual TableColumns columns(const std::string& table) const = 0;  // that a file may carry

  virtual std::uint64_t next_delivery_id() const = 0;
  // A group: full-load files of one entity, on the direct path or as a reload (Arrival::Reload: what the
  // table has and they don't goes); else one delivery.
  virtual std::unique_ptr<DeliveryLoad> begin(std::span<const Delivery> group, Way way) = 0;
  // Null in a dry run.
  virtual std::unique_ptr<PipelinedLoads> begin_pipelined() = 0;
  virtual bool can_pipeline(const std::string& table) const = 0;
  virtual std::optional<Outcome> find_committed(const Delivery& delivery) = 0;

  // A ledger row without effects; gives its delivery_id.
  virtual std::uint64_t record_not_loaded(const Delivery& delivery, NotLoaded how,
                                          const std::string& reason) = 0;
  // The ledger's newest entry of this key has the same bytes under this ETag.
  virtual void update_etag(const Delivery& delivery) = 0;
  virtual void answer(std::uint64_t request, const std::string& answer) = 0;

  virtual std::uint64_t unsent_count() = 0;
  virtual std::vector<Message> unsent(std::size_t limit) = 0;
  virtual void mark_published(const std::vector<Message>& messages) = 0;

  virtual std::optional<Time> last_full_listing() = 0;
  virtual void full_listing_done() = 0;

 protected:
  // The two lines of the log that say what a delivery did.
  void say_effects(const Outcome& outcome) const;
};

}  // namespace peo::target
