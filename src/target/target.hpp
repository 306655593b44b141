// Target hides PostgreSQL: it applies a delivery's rows and returns the exact counts of changes. The rows,
// the ledger row and the message are written in one transaction.
//
// It consists of small interfaces, so that each component of the loader depends only on what it uses, and
// tests can fake that: Loads (steps 5 and 6), DeliveryLedger (the records of deliveries), Outbox (step 7).
//
// Life: open() (connect, lock, migrate, read the tables); then for each delivery loads().begin(), add() its
// batches, end_file(), commit(). After a transient error, call open() again; find_committed() then shows
// whether a commit whose reply was lost succeeded. A DeliveryLoad that is destroyed without a commit rolls
// back. One thread at a time; errors are peo::Error.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/hold.hpp"
#include "base/ledger.hpp"
#include "base/message.hpp"
#include "base/source_names.hpp"
#include "base/table_columns.hpp"
#include "decode/change.hpp"

namespace peo::target {

// How rows get into the table, the fastest method first. Text and binary are COPY's formats. Binary is
// encoded here and costs the server half as much; text is read by the server's own input functions, which
// name the column and the value that they refuse.
enum class LoadMethod {
  Direct,          // COPY straight into the table, binary: for full loads
  DirectAlone,     // the same over one connection, regardless of FULL_LOAD_CONNECTIONS
  DirectText,      // as Direct, but text
  Compacted,       // binary to a staging table, only the last row for each key
  Staged,          // binary to a staging table, every row
  StagedText,      // the same as text
  StagedTogether,  // the same, with all files of a reload in one staging table, applied at once
  StagedRows,  // as StagedText, and finds rows that can't be loaded, to reject them or name them in the error
};

inline bool is_direct(LoadMethod method) {
  return method == LoadMethod::Direct || method == LoadMethod::DirectAlone ||
         method == LoadMethod::DirectText;
}

// Thrown when a method can't load these deliveries: they must be read and loaded again by another method,
// which loader/batch_loader chooses. No row has changed. Indexes that a load over several connections has
// dropped are rebuilt by the next begin().
struct FallBack {
  enum class Reason {
    ValueNotEncoded,       // only the server can read a value
    RowsPresent,           // a key of the full load already exists in the table, or occurs twice
    NewColumnsInParallel,  // the table needs new columns, and other connections load into it
    NewColumns,            // the table needs new columns, and keeps its indexes
    NotCompactable,        // only the server can decide whether keys are equal
    UniqueAcrossFiles,     // reload: a row's unique value already exists, perhaps in a row that a later file
                           // changes
    BadRow,                // a row can't be loaded, and must be rejected individually
  };
  Reason reason;
  std::string why;  // for the log
};

struct Outcome {
  std::uint64_t delivery_id = 0;
  RowCountsByTable stats;
  std::uint64_t rows_read = 0;
  std::uint64_t rejected = 0;              // of rows_read
  std::vector<NewColumn> added_columns{};  // added to the table for this delivery
  // By column: the number of empty fields (normally NULL) that became the empty string, because it is NOT
  // NULL.
  std::map<std::string, std::uint64_t> empty_texts{};
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
  // For a late file, after its last row: the rows of newer deliveries that are already loaded, read again
  // from the bucket. The late file loses every key that occurs in them. begin_newer() and end_newer(), which
  // follows each of those deliveries, return whether the late file has rows left.
  virtual bool begin_newer() = 0;
  virtual void add_newer(const decode::ChangeBatch& batch) = 0;
  virtual bool end_newer() = 0;
  virtual void end_file(const FileStats& facts) = 0;  // the next batch is the next delivery's
  virtual std::vector<Outcome> commit() = 0;          // one for each delivery of the group
};

// Small deliveries, several per transaction and many transactions in flight: for a backlog of tiny files,
// where waiting for the server after each would take most of the time. Order is preserved: when one fails,
// all that follow it fail too.
class PipelinedLoads {
 public:
  struct Result {
    std::vector<Outcome> outcomes;  // of those that are committed, in order; durable
    // Why the next one was not committed; another method may load it. Empty although not all are committed:
    // the others may be sent again.
    std::optional<Error> failed;
  };

  PipelinedLoads() = default;
  PipelinedLoads(const PipelinedLoads&) = delete;
  PipelinedLoads& operator=(const PipelinedLoads&) = delete;
  virtual ~PipelinedLoads() = default;

  // The rows of a delivery; null for an empty file. They are kept until send(). False: the pipeline can't
  // load it.
  virtual bool take(const Delivery& delivery, const decode::ChangeBatch* batch) = 0;
  virtual void send(const FileStats& facts) = 0;
  virtual bool full() const = 0;  // enough are in flight: time to commit
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
  // A group is either full-load files of one entity (by a direct method, or as a reload, Arrival::Reload,
  // which removes the rows that none of them holds) or a single delivery.
  virtual std::unique_ptr<DeliveryLoad> begin(std::span<const Delivery> group, LoadMethod method) = 0;
  virtual bool can_pipeline(const std::string& table) const = 0;
  virtual std::unique_ptr<PipelinedLoads> begin_pipelined() = 0;  // only where can_pipeline()
  virtual std::optional<Outcome> find_committed(const Delivery& delivery) = 0;
};

// A delivery that was not loaded is recorded as:
enum class NotLoaded { Skipped, Quarantined };

// The records of deliveries, apart from the loads themselves.
class DeliveryLedger : public Ledger {
 public:
  // A ledger row without row changes; returns its delivery_id.
  virtual std::uint64_t record_not_loaded(const Delivery& delivery, NotLoaded how,
                                          const std::string& reason) = 0;
  // The ledger's newest entry of this key has the same bytes under this ETag.
  virtual void update_etag(const Delivery& delivery) = 0;
  // By entity, or by the prefix of the transaction files; without those that have none.
  virtual std::map<std::string, Quarantined> quarantined() = 0;
  virtual void answer(std::uint64_t request, const std::string& answer) = 0;
  virtual HoldsByEntity holds() { return {}; }
  virtual void record_holds(const HoldsByEntity& /*all*/) {}

  virtual std::optional<Time> last_full_listing() const = 0;
  virtual void full_listing_done() = 0;
};

// Messages that were committed with their deliveries, until they are published.
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
  // Before the process ends: repairs tables that an unfinished load has left without indexes, if the server
  // can be reached. Never throws.
  virtual void recover() {}
  virtual bool persists() const = 0;   // false: a dry run
  virtual bool connected() const = 0;  // open() need not be called again after an error
  virtual std::vector<std::string> tables() const = 0;
  // Those of tables() that can't be loaded, and why; Fatal.
  virtual std::map<std::string, Error> refused_tables() const { return {}; }
  virtual SourceTables source_tables() const { return {}; }  // named by the comments of tables()
  // Reads the tables' definitions again, between two deliveries. Returns those that have changed.
  virtual std::vector<std::string> refresh_tables() { return {}; }

  // May be called before open(); valid as long as the target.
  virtual Loads& loads() = 0;
  virtual DeliveryLedger& ledger() = 0;
  virtual Outbox& outbox() = 0;
};

}  // namespace peo::target
