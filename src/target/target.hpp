// Target hides PostgreSQL: a delivery's rows go in, with true counts come out, in one transaction with its
// ledger row and its message.
//
// It is a handful of small interfaces, so that each part of the loader knows only what it uses and a test can
// fake that: Loads (steps 5 and 6), DeliveryLedger (what is recorded of deliveries), Outbox (step 7).
//
// Life: open() (connect, lock, migrate, read the tables); then for each delivery loads().begin(), add() its
// batches, commit(). After an error that may pass: open() again, then find_committed() tells whether a commit
// whose reply was lost went through. A DeliveryLoad that is destroyed without a commit rolls back. One thread
// at a time; errors are peo::Error.
#pragma once
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

// How rows get into the table: the legal ways, the fastest first. Text and binary are COPY's formats: binary
// is encoded here and costs the server half as much; text is read by the server's own input functions, which
// can tell what is wrong with a value.
enum class LoadMethod {
  Direct,       // COPY straight into the table, binary: for full loads
  DirectAlone,  // the same over one connection, whatever FULL_LOAD_CONNECTIONS allows
  DirectText,   // as Direct, but text
  Compacted,    // binary to a staging table, only the last row for each key
  Staged,       // binary to a staging table, every row
  StagedText,   // the same as text; with BAD_ROWS=quarantine_row, bad rows are rejected one by one
};

inline bool is_direct(LoadMethod method) {
  return method == LoadMethod::Direct || method == LoadMethod::DirectAlone ||
         method == LoadMethod::DirectText;
}

// Thrown when a method can't load these deliveries, which are to be read and loaded again by another one
// (loader/batch_loader decides which). Nothing was changed.
struct FallBack {
  enum class Reason {
    ValueNotEncoded,       // only the server can read a value
    RowsPresent,           // a key of the full load is in the table already, or comes twice
    NewColumnsInParallel,  // the table is to get columns, and other connections load into it
    NewColumns,            // the table is to get columns, and keeps its indexes
    NotCompactable,        // only the server can tell whether keys are equal
    BadRow,                // a row can't be loaded, and is to be rejected by itself
  };
  Reason reason;
  std::string why;  // for the log
};

struct Outcome {
  std::uint64_t delivery_id = 0;
  RowCountsByTable stats;
  std::uint64_t rows_read = 0;
  std::uint64_t rejected = 0;                // of them
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
  // A late file, behind its last row: rows of the deliveries that come after it but are loaded, read again.
  // What they hold for a key stands: the late file loses it. begin_newer() and end_newer(), after each of
  // those deliveries, tell whether the late file has rows left.
  virtual bool begin_newer() = 0;
  virtual void add_newer(const decode::ChangeBatch& batch) = 0;
  virtual bool end_newer() = 0;
  virtual void end_file(const FileStats& facts) = 0;  // the next batch is the next delivery's
  virtual std::vector<Outcome> commit() = 0;          // one for each delivery of the group
};

// Small deliveries, many in flight at a time and several in a transaction: for a backlog of tiny files, where
// waiting for the server after each would be most of the time. Their order is kept: when one fails, all
// behind it do.
class PipelinedLoads {
 public:
  struct Result {
    std::vector<Outcome> outcomes;  // of those that are committed, in order; durable
    // Why the next one isn't; it may be loaded by another method. Nothing, though not all are committed:
    // those that aren't may be sent again.
    std::optional<Error> failed;
  };

  PipelinedLoads() = default;
  PipelinedLoads(const PipelinedLoads&) = delete;
  PipelinedLoads& operator=(const PipelinedLoads&) = delete;
  virtual ~PipelinedLoads() = default;

  // The rows of a delivery; null for an empty file. They are kept until send(). False: not in the pipeline.
  virtual bool take(const Delivery& delivery, const decode::ChangeBatch* batch) = 0;
  virtual void send(const FileStats& facts) = 0;
  virtual bool full() const = 0;  // as many are in flight as should be: time to commit
  // Waits for all of them. Throws only when the connection is lost.
  virtual Result commit() = 0;
};

// Steps 5 and 6: rows and their record.
class Loads {
 public:
  Loads() = default;
  Loads(const Loads&) = delete;
  Loads& operator=(const Loads&) = delete;
  virtual ~Loads() = default;

  virtual TableColumns columns(const std::string& table) const = 0;  // that a file may carry
  virtual std::uint64_t next_delivery_id() const = 0;
  // A group: full-load files of one entity, by a direct method or as a reload (Arrival::Reload: rows that the
  // table has and they don't are removed); else one delivery.
  virtual std::unique_ptr<DeliveryLoad> begin(std::span<const Delivery> group, LoadMethod method) = 0;
  virtual bool can_pipeline(const std::string& table) const = 0;
  virtual std::unique_ptr<PipelinedLoads> begin_pipelined() = 0;  // only where can_pipeline()
  virtual std::optional<Outcome> find_committed(const Delivery& delivery) = 0;
};

// A delivery that was not loaded is recorded as:
enum class NotLoaded { Skipped, Quarantined };

// What is recorded of deliveries, beside the loads themselves.
class DeliveryLedger : public Ledger {
 public:
  // A ledger row without row changes; gives its delivery_id.
  virtual std::uint64_t record_not_loaded(const Delivery& delivery, NotLoaded how,
                                          const std::string& reason) = 0;
  // The ledger's newest entry of this key has the same bytes under this ETag.
  virtual void update_etag(const Delivery& delivery) = 0;
  virtual void answer(std::uint64_t request, const std::string& answer) = 0;

  virtual std::optional<Time> last_full_listing() const = 0;
  virtual void full_listing_done() = 0;
};

// Messages that were written with their deliveries, until they are published.
class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  virtual ~Outbox() = default;

  virtual std::uint64_t unsent_count() = 0;
  virtual std::vector<Message> unsent(std::size_t limit) = 0;  // in order
  virtual void mark_published(const std::vector<Message>& messages) = 0;
};

class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;

  virtual void open() = 0;
  // At the end: tables that an unfinished load has left without indexes are repaired, if the target can be
  // reached. Never throws.
  virtual void recover() {}
  virtual bool persists() const = 0;   // false: a dry run
  virtual bool connected() const = 0;  // open() need not be called again after an error
  virtual std::vector<std::string> tables() const = 0;

  // These may be asked for before open(), and stay valid as long as the target.
  virtual Loads& loads() = 0;
  virtual DeliveryLedger& ledger() = 0;
  virtual Outbox& outbox() = 0;
};

}  // namespace peo::target
