// Step 6, record: the deliveries of one load until they are in the ledger, with their event_ids, counts and
// messages. One statement records all deliveries of a load, in the load's own transaction.
//
// The ledger's columns are listed in two places: DeliveryArrays, and the statement that reads its arrays
// (deliveries.sql and record_deliveries.sql). Everything that records a delivery uses both. One thread;
// errors are the connection's, and concurrent_writer_error().
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "target/postgres/connection.hpp"
#include "target/session.hpp"
#include "target/target.hpp"

namespace peo::target {

struct DeliveryRecord {
  Delivery delivery;
  Outcome outcome{};
  FileStats facts{};
  std::uint64_t event_base = 0;  // the event_id before the file's first row
  std::uint64_t reserved = 0;    // event_ids
  Time started_at{};
  std::string status = "loaded";
  std::optional<std::string>
      reason{};  // for the ledger: why it was loaded now, columns that were added or ignored
};

// What deliveries.sql reads: arrays with one element per delivery.
class DeliveryArrays {
 public:
  void add(const DeliveryRecord& record);
  void move_to(std::vector<Parameter>& parameters);  // only once

 private:
  std::vector<std::string> arrays_;
};

// The parameters that every statement with record_deliveries.sql begins with: $1 to $5.
std::vector<Parameter> record_parameters(const Session& session, std::uint64_t event_base,
                                         std::uint64_t delivery_id);
// record_deliveries.sql with the session's tables filled in.
std::string record_fragment(const Session& session, const std::string& payload,
                            const std::string& apply_seconds);

class DeliveryRecords {
 public:
  // Assigns delivery_ids and event_ids from the session's counters as they are when the load begins.
  DeliveryRecords(Session& session, std::span<const Delivery> group);

  DeliveryRecord& current() { return records_[current_]; }
  const DeliveryRecord& front() const { return records_.front(); }
  bool single() const { return records_.size() == 1; }
  bool at_last() const { return current_ + 1 == records_.size(); }
  std::uint64_t bytes() const;  // of the objects
  bool reloads() const { return front().delivery.arrival == Arrival::Reload; }

  // The current file was read to its end, and `copied` changes were sent to the server: as many as were read,
  // or an internal error.
  void read(const FileStats& facts, std::uint64_t copied);
  // Around each file. end_file() makes the next file current; false: there is none.
  void begin_file();
  bool end_file();

  // Records all and commits. Returns the outcomes, with their messages.
  std::vector<Outcome> commit();
  // Records one that was not loaded, and commits.
  void commit_not_loaded(const std::string& status, const std::string& reason);

 private:
  void record();
  void record_tables(const DeliveryRecord& record);

  Session& session_;
  std::vector<DeliveryRecord> records_;
  std::size_t current_ = 0;
  std::uint64_t next_event_base_;
};

// Adds the time of a scope to a counter of seconds.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// Logs what a delivery changed.
void log_row_counts(const Outcome& outcome, bool persists);

}  // namespace peo::target
