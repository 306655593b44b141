// A connection to PostgreSQL: libpq behind RAII, with errors as peo::Error and waits that a stop can end.
//
// Every wait is a poll() on the socket, so a stop is noticed: a statement that runs then gets
// Cancellation::grace to finish and is then cancelled (Retry "stopped"); a server that doesn't answer the
// cancellation either is abandoned. What a SQLSTATE means for the caller (Retry, BadDelivery, Fatal) is
// decided in one place, error_of. Values are passed as parameters, never in SQL text; identifiers are quoted
// (`quoted`). No password ever gets into an error. One thread at a time.
#pragma once
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"

namespace peo::target {

using Parameter = std::optional<std::string>;  // none: NULL

// The server refused a row of a COPY: which one (1 is the first), if the server names it.
class CopyRefused : public Error {
 public:
  CopyRefused(const Error& error, std::uint64_t row, std::string value)
      : Error(error), row_(row), value_(std::move(value)) {}
  std::uint64_t row() const { return row_; }
  // The refused value, shortened; empty: the server doesn't report it.
  const std::string& value() const { return value_; }

 private:
  std::uint64_t row_;
  std::string value_;
};

class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result, PQclear) {}
  int size() const { return PQntuples(result_.get()); }
  bool null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string_view text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  std::int64_t number(int row, int column) const;
  std::uint64_t count(int row, int column) const {  // a number that is never negative
    return static_cast<std::uint64_t>(number(row, column));
  }
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  std::uint64_t affected() const;

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

struct ConnectionOptions {
  std::function<void()> on_wait = [] {};                 // called while anything is sent or waited for
  std::chrono::nanoseconds grace = Cancellation::grace;  // for a statement that runs when a stop is requested
  std::optional<std::chrono::nanoseconds>
      answer_within{};  // else the connection counts as lost; none: no timeout
};

class Connection {
 public:
  // Doesn't connect yet. `stop` must outlive this.
  Connection(std::string conninfo, const Cancellation& stop, ConnectionOptions options = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One more to the same server; not connected yet.
  Connection another() const { return {conninfo_, stop_, options_}; }

  // (Re)connects; each host of the list gets `timeout`.
  void connect(std::chrono::seconds timeout = std::chrono::seconds(10));
  bool connected() const { return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK; }
  bool usable() const;  // connected, and not within a failed COPY or a cancelled statement
  void close();

  Rows query(const std::string& sql, std::span<const Parameter> parameters = {});
  Rows query(const std::string& sql, std::initializer_list<Parameter> parameters) {
    return query(sql, std::span(parameters.begin(), parameters.size()));
  }
  // query() in two halves, for statements that run on several connections at a time. Between them nothing
  // else may be called on this one.
  void send(const std::string& sql, std::span<const Parameter> parameters = {});
  bool answered();  // without waiting: answer() won't wait
  Rows answer();
  // Waits, for a while at most, until one of them has something to read.
  static void wait_for_any(std::span<Connection* const> connections) { wait(connections, POLLIN); }
  // Several statements at once, without parameters (a migration); returns the last one's result.
  Rows script(const std::string& sql);
  // Ends a transaction that may be open, and a COPY in it; or goes back to a savepoint of it. Never throws.
  void rollback(const char* savepoint = nullptr) noexcept;

  // COPY … FROM STDIN: begin, pieces of any size, end (returns the number of rows copied).
  void copy_begin(const std::string& sql);
  void copy_data(std::string_view bytes);
  std::uint64_t copy_end();
  // copy_data() in two halves, for COPYs over several connections at a time. copy_put() queues a piece; when
  // copy_takes() returns true it has been handed to the socket, and the next piece may be put. Neither waits.
  void copy_put(std::string_view bytes);
  bool copy_takes();
  // Waits, for a while at most, until one of them can go on with that.
  static void wait_to_put(std::span<Connection* const> connections) { wait(connections, POLLIN | POLLOUT); }

  // Prepared statements, many in flight at a time (libpq's pipeline mode), each in its own transaction.
  // Between pipeline_begin and pipeline_end nothing else may be called. Results come in the order of sending.
  void prepare(const std::string& name, const std::string& sql);
  void pipeline_begin();
  void pipeline_send(const std::string& name, std::span<const Parameter> parameters);
  void pipeline_query(const std::string& sql);  // the same for a statement without parameters
  Rows pipeline_result();  // of the next statement; throws its error, and the others go on
  void pipeline_end();     // after all results

  // From the next connect() on.
  void connect_with(std::string conninfo) { conninfo_ = std::move(conninfo); }
  std::string server() const;  // host, port and database, for messages
  bool is_utf8() const;        // the database's encoding
  int version() const;         // 150020 is 15.20
  // Warnings of the server so far. They are only counted: what they mean depends on the statement.
  std::uint64_t warnings() const { return warnings_; }
  // As reported to the client on connect: a pooler reports a different number.
  int told_backend() const;
  std::string quoted(std::string_view identifier) const;

 private:
  PGresult* await_result();
  PGresult* last_result();
  [[noreturn]] void throw_failure(const PGresult& result);
  void wait(short events);
  static void wait(std::span<Connection* const> connections, short events);
  std::int64_t patience();
  void flush();
  void give_up_if_stopped();
  std::string without_password(std::string text) const;
  [[noreturn]] void lost(const std::string& what);
  [[noreturn]] void throw_refusal(const PGresult& result, const std::string& whole_message);

  std::string conninfo_;
  const Cancellation& stop_;
  ConnectionOptions options_;
  std::chrono::steady_clock::time_point asked_{};  // when the last statement was sent
  PGconn* connection_ = nullptr;
  std::uint64_t warnings_ = 0;
  bool cancelled_ = false;
  bool copying_ = false;
  std::size_t under_way_ = 0;  // statements of the pipeline whose result has not been read
};

// An SQL array from its elements: {"a","b"}.
std::string array_of(std::span<const std::string> elements);
std::string array_of(std::span<const std::uint64_t> elements);

// The Error for a refused statement, by its SQLSTATE (PostgreSQL manual, appendix A).
Error error_of(std::string_view sqlstate, const std::string& message, const std::string& server);

}  // namespace peo::target
