#include "target/postgres/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <thread>

#include "base/log.hpp"
#include "target/postgres/sql_array.hpp"

namespace peo::target {
namespace {

using std::chrono::steady_clock;

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

// libpq puts a line for each address that it tried. Questions of its own, on lines behind a tab, and the
// place in PostgreSQL's sources help nobody here.
std::string in_one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part.empty() || part.front() == '\t' || part.starts_with("LOCATION:")) continue;
    line += (line.empty() ? "" : "; ") + std::string(part);
  }
  return line;
}

// "FATAL:  28P01: password …": at the connection's start libpq keeps the SQLSTATE only inside its message.
std::string sqlstate_in(std::string_view message) {
  for (std::size_t at = message.find(":  "); at != std::string_view::npos; at = message.find(":  ", at + 1)) {
    const auto code = message.substr(at + 3, 5);
    const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    if (code.size() == 5 && std::all_of(code.begin(), code.end(), fits) &&
        message.substr(at + 8, 2) == ": ") {
      return std::string(code);
    }
  }
  return {};
}

void ignore_notice(void* /*context*/, const PGresult* /*notice*/) {}

// libpq's PQcancel waits for the server, which may be out of reach: it waits in a thread of its own, which
// nobody waits for.
void cancel_statement(PGconn* connection) {
  PGcancel* cancel = PQgetCancel(connection);
  if (cancel == nullptr) return;
  std::thread([cancel] {
    std::array<char, 256> message{};
    PQcancel(cancel, message.data(), static_cast<int>(message.size()));
    PQfreeCancel(cancel);
  }).detach();
}

}  // namespace

std::int64_t Rows::number(int row, int column) const {
  const auto digits = text(row, column);
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code != std::errc{} || end != digits.data() + digits.size()) {
    throw Error::internal(
        fmt::format("PostgreSQL gave '{}' where a number was asked for", shortened(digits)));
  }
  return value;
}

std::uint64_t Rows::affected() const {
  const std::string_view digits(PQcmdTuples(result_.get()));
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Error error_of(std::string_view sqlstate, const std::string& message, const std::string& server) {
  const auto in = [&](std::string_view kind) { return sqlstate.starts_with(kind); };
  const auto text = fmt::format("PostgreSQL at {} refused: {}", server, message);
  const auto with = [&](Error error) { return std::move(error).with_sqlstate(std::string(sqlstate)); };
  if (in("28"))
    return with(Error::permission(text, "Check user and password in TARGET, and the server's pg_hba.conf."));
  if (sqlstate == "42501")
    return with(Error::permission(
        text, "Grant the loader's role what it lacks; the verb check says what that is."));
  if (in("53"))
    return with(Error::retry(text, "The server lacks resources (connections, disk or memory)."));
  if (in("08") || in("57") || in("40") || sqlstate == "55P03" || sqlstate == "25006" || in("25P0")) {
    return with(Error::retry(text));
  }
  if (in("22") || in("23")) {
    return with(
        Error::bad_delivery(text, "Correct the object or the table; nothing of the delivery was loaded."));
  }
  if (in("3D") || in("3F")) return with(Error::configuration(text, "Create it, or correct TARGET."));
  if (in("42") || in("0A") || in("55") || in("2B")) {
    return with(
        Error::configuration(text, "The table or the server's settings don't fit what the loader needs."));
  }
  return with(Error::internal(text));
}

Connection::Connection(std::string conninfo, const Cancellation& stop, ConnectionOptions options)
    : conninfo_(std::move(conninfo)), stop_(stop), options_(std::move(options)) {}

Connection::~Connection() { close(); }

void Connection::close() {
  if (connection_ != nullptr) PQfinish(connection_);
  connection_ = nullptr;
  copying_ = cancelled_ = false;
  under_way_ = 0;
}

std::string Connection::server() const {
  if (connection_ == nullptr) return "?";
  const auto part = [](const char* text) { return std::string(text != nullptr ? text : ""); };
  const auto host = part(PQhost(connection_));
  const auto port = part(PQport(connection_));
  return fmt::format("{}{}/{}", host, host.starts_with('/') ? "" : ":" + port, part(PQdb(connection_)));
}

bool Connection::usable() const {
  return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK && !copying_ && !cancelled_;
}

void Connection::connect(std::chrono::seconds timeout) {
  close();
  // expand_dbname: TARGET is itself a conninfo string or URI; what follows it wins, what stands before is a
  // default.
  const std::string seconds = std::to_string(timeout.count());
  const char* const names[] = {"keepalives_idle",           "keepalives_interval",
                               "keepalives_count",          "tcp_user_timeout",
                               "fallback_application_name", "dbname",
                               "client_encoding",           nullptr};
  const char* const values[] = {"30",   "10",   "3", "60000", "paper-engine-orders", conninfo_.c_str(),
                                "UTF8", nullptr};
  connection_ = PQconnectStartParams(names, values, 1);
  if (connection_ == nullptr) throw Error::internal("libpq is out of memory");
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection_, ignore_notice, nullptr);
  const auto until = steady_clock::now() + timeout;
  auto state = PQstatus(connection_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) {
      const auto where = server();
      close();
      throw Error::retry(fmt::format("PostgreSQL at {} didn't answer within {} s", where, timeout.count()),
                         "Is the server up, and is host and port in TARGET right?");
    }
    if (stop_.requested()) throw Error::retry("stopped while connecting to PostgreSQL");
    pollfd sockets[] = {
        {PQsocket(connection_), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0},
        {stop_.fd(), POLLIN, 0}};
    ::poll(sockets, 2, static_cast<int>(std::min<std::int64_t>(left, 1000)));
    if (sockets[0].revents != 0) state = PQconnectPoll(connection_);
  }
  if (state == PGRES_POLLING_FAILED) {
    auto message = in_one_line(trimmed(PQerrorMessage(connection_)));
    const auto sqlstate = sqlstate_in(message);
    // It is told behind the message.
    if (const auto at = message.find("  " + sqlstate + ": "); !sqlstate.empty())
      message.erase(at, sqlstate.size() + 3);
    const auto where = server();
    const bool wants_password = PQconnectionNeedsPassword(connection_) == 1;
    close();
    if (!sqlstate.empty()) throw error_of(sqlstate, message, where);
    if (wants_password) {
      throw Error::permission(fmt::format("PostgreSQL at {} asks for a password, and there is none", where),
                              "Set password in TARGET, or name the file that holds it in TARGET_FILE.");
    }
    if (message.find("certificate") != std::string::npos || message.find("SSL") != std::string::npos) {
      throw Error::unavailable("PostgreSQL: " + message, "Check sslmode and sslrootcert in TARGET.");
    }
    throw Error::retry("PostgreSQL: " + message, "Is the server up, and is host and port in TARGET right?");
  }
  PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
  PQsetnonblocking(connection_, 1);
}

void Connection::lost(const std::string& what) {
  const auto where = server();
  close();
  throw Error::retry(fmt::format("the connection to PostgreSQL at {} was lost: {}", where, what));
}

// While a stop is wished: first patience, then a cancel, then the end of the connection.
void Connection::give_up_if_stopped() {
  const auto asked = stop_.asked_for();
  if (asked < options_.grace) return;
  if (asked > options_.grace * 2) lost("stopped, and the server didn't answer");
  if (cancelled_) return;
  cancelled_ = true;
  cancel_statement(connection_);
}

// Milliseconds that it may be waited for now.
std::int64_t Connection::patience() {
  options_.on_wait();
  if (stop_.requested()) give_up_if_stopped();
  constexpr std::int64_t longest = 5000;
  if (!options_.answer_within) return longest;
  const auto left = asked_ + *options_.answer_within - steady_clock::now();
  if (left.count() <= 0) lost("no answer came in time");
  return std::min(longest, std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void Connection::wait(std::span<Connection* const> connections, short events) {
  std::vector<pollfd> sockets;
  sockets.reserve(connections.size() + 1);
  auto longest = std::numeric_limits<std::int64_t>::max();
  for (auto* connection : connections) {
    longest = std::min(longest, connection->patience());
    sockets.push_back({PQsocket(connection->connection_), events, 0});
  }
  const auto& stop = connections.front()->stop_;
  if (stop.requested()) {  // its descriptor stays readable: poll would not wait
    longest = 100;
  } else {
    sockets.push_back({stop.fd(), POLLIN, 0});
  }
  ::poll(sockets.data(), sockets.size(), static_cast<int>(longest));
}

void Connection::wait(short events) {
  Connection* const alone[] = {this};
  wait(alone, events);
}

void Connection::flush() {
  options_.on_wait();
  while (true) {
    const int left = PQflush(connection_);
    if (left == 0) return;
    if (left < 0) lost(trimmed(PQerrorMessage(connection_)));
    wait(POLLIN | POLLOUT);
    if (PQconsumeInput(connection_) == 0) lost(trimmed(PQerrorMessage(connection_)));
  }
}

PGresult* Connection::await_result() {
  flush();
  while (PQisBusy(connection_) != 0) {
    wait(POLLIN);
    if (PQconsumeInput(connection_) == 0) lost(trimmed(PQerrorMessage(connection_)));
  }
  return PQgetResult(connection_);
}

// "COPY incoming_1, line 3, column order_qty: \"abc\"": the row of the COPY, the column, the value.
struct CopyContext {
  std::uint64_t row = 0;
  std::string column, value;
};

static std::optional<CopyContext> copy_context(std::string_view context) {
  const auto line = context.find(", line ");
  if (!context.starts_with("COPY ") || line == std::string_view::npos) return std::nullopt;
  CopyContext found;
  const auto* const end = context.data() + context.size();
  const auto [after, code] = std::from_chars(context.data() + line + 7, end, found.row);
  if (code != std::errc{}) return std::nullopt;
  auto rest = std::string_view(after, static_cast<std::size_t>(end - after));
  if (constexpr std::string_view mark = ", column "; rest.starts_with(mark)) {
    rest.remove_prefix(mark.size());
    const auto colon = rest.find(": ");
    found.column = rest.substr(0, colon);
    if (colon != std::string_view::npos) found.value = shortened(rest.substr(colon + 2));
  }
  return found;
}

void Connection::throw_refusal(const PGresult& result, const std::string& whole_message) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(&result, code);
    return std::string(text != nullptr ? text : "");
  };
  const auto sqlstate = field(PG_DIAG_SQLSTATE);
  auto text = field(PG_DIAG_MESSAGE_PRIMARY);
  if (text.empty()) text = whole_message;
  // The detail of these two is the whole row ("Failing row contains …"), which is nobody's business in a log.
  const bool whole_row = sqlstate == "23502" || sqlstate == "23514";
  if (const auto detail = field(PG_DIAG_MESSAGE_DETAIL); !detail.empty() && !whole_row) {
    text += "; " + shortened(detail, 300);
  }
  const auto context = field(PG_DIAG_CONTEXT);
  if (const auto copy = copy_context(context)) {
    if (!copy->value.empty() && text.find(copy->value) == std::string::npos) text += "; value " + copy->value;
    auto error = error_of(sqlstate, text, server());
    error.at({.column = copy->column.empty() ? field(PG_DIAG_COLUMN_NAME) : copy->column});
    throw CopyRefused(error, copy->row);
  }
  if (!context.empty()) text += "; " + shortened(context, 300);
  throw error_of(sqlstate, text, server()).at({.column = field(PG_DIAG_COLUMN_NAME)});
}

void Connection::throw_failure(const PGresult& result) {
  // A killed session's last result has no SQLSTATE: look at the connection first.
  const auto message = trimmed(PQresultErrorMessage(&result));
  if (PQstatus(connection_) == CONNECTION_BAD) lost(message);
  if (cancelled_) {
    cancelled_ = false;
    throw Error::retry("stopped before the statement was done");
  }
  throw_refusal(result, message);
}

// Drains all results of a command; gives the last good one, throws the first error.
PGresult* Connection::last_result() {
  std::unique_ptr<PGresult, decltype(&PQclear)> last(nullptr, PQclear);
  std::unique_ptr<PGresult, decltype(&PQclear)> failed(nullptr, PQclear);
  while (PGresult* result = await_result()) {
    const auto status = PQresultStatus(result);
    const bool copy = status == PGRES_COPY_IN;
    if (status == PGRES_FATAL_ERROR && failed == nullptr) {
      failed.reset(result);
    } else {
      last.reset(result);
    }
    if (copy) break;
  }
  if (failed != nullptr) {
    throw_failure(*failed);
  }
  if (PQstatus(connection_) == CONNECTION_BAD) lost(trimmed(PQerrorMessage(connection_)));
  return last.release();
}

void Connection::send(const std::string& sql, std::span<const Parameter> parameters) {
  if (connection_ == nullptr) throw Error::retry("not connected to PostgreSQL");
  asked_ = steady_clock::now();
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0) {
    lost(trimmed(PQerrorMessage(connection_)));
  }
}

bool Connection::answered() {
  flush();
  if (PQconsumeInput(connection_) == 0) lost(trimmed(PQerrorMessage(connection_)));
  return PQisBusy(connection_) == 0;
}

Rows Connection::answer() { return Rows(last_result()); }

Rows Connection::query(const std::string& sql, std::span<const Parameter> parameters) {
  send(sql, parameters);
  return answer();
}

void Connection::script(const std::string& sql) {
  if (connection_ == nullptr) throw Error::retry("not connected to PostgreSQL");
  if (PQsendQuery(connection_, sql.c_str()) == 0) lost(trimmed(PQerrorMessage(connection_)));
  PQclear(last_result());
}

void Connection::rollback(const char* savepoint) noexcept {
  try {
    if (connection_ == nullptr || PQstatus(connection_) != CONNECTION_OK) return;
    if (copying_) {
      copying_ = false;
      while (PQputCopyEnd(connection_, "the loader rolls back") == 0) flush();
      try {
        PQclear(last_result());
      } catch (const Error&) {  // the answer to the broken COPY: expected
      }
    }
    if (connection_ != nullptr && PQtransactionStatus(connection_) != PQTRANS_IDLE)
      query(savepoint == nullptr ? std::string("ROLLBACK")
                                 : fmt::format("ROLLBACK TO SAVEPOINT {}", savepoint));
  } catch (const std::exception& error) {
    log::debug("ROLLBACK failed: {}", error.what());
    close();
  }
}

void Connection::prepare(const std::string& name, const std::string& sql) {
  if (connection_ == nullptr) throw Error::retry("not connected to PostgreSQL");
  if (PQsendPrepare(connection_, name.c_str(), sql.c_str(), 0, nullptr) == 0) {
    lost(trimmed(PQerrorMessage(connection_)));
  }
  PQclear(last_result());
}

void Connection::pipeline_begin() {
  if (connection_ == nullptr) throw Error::retry("not connected to PostgreSQL");
  if (PQenterPipelineMode(connection_) == 0) throw Error::internal("libpq refused its pipeline mode");
}

void Connection::pipeline_send(const std::string& name, std::span<const Parameter> parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()), values.data(), nullptr,
                          nullptr, 0) == 0 ||
      PQpipelineSync(connection_) == 0) {
    lost(trimmed(PQerrorMessage(connection_)));
  }
  ++under_way_;
  flush();
}

void Connection::pipeline_query(const std::string& sql) {
  if (PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0 ||
      PQpipelineSync(connection_) == 0) {
    lost(trimmed(PQerrorMessage(connection_)));
  }
  ++under_way_;
  flush();
}

Rows Connection::pipeline_result() {
  // For each statement: its result, a null, and the result of the sync behind it; before that, what the
  // commit says that comes with the sync, when it is refused (a deferred constraint).
  std::unique_ptr<PGresult, decltype(&PQclear)> result(await_result(), PQclear);
  if (result == nullptr) lost("a result is missing in the pipeline");
  constexpr int most_nulls = 3;
  for (int nulls = 0; nulls < most_nulls;) {
    std::unique_ptr<PGresult, decltype(&PQclear)> next(await_result(), PQclear);
    if (PQstatus(connection_) == CONNECTION_BAD) throw_failure(*result);
    if (next == nullptr) {
      if (++nulls == most_nulls) lost("the pipeline is out of step");
      continue;
    }
    const auto said = PQresultStatus(next.get());
    if (said == PGRES_PIPELINE_SYNC) break;
    if (said == PGRES_FATAL_ERROR && PQresultStatus(result.get()) != PGRES_FATAL_ERROR)
      result = std::move(next);
  }
  --under_way_;
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw_failure(*result);
  return Rows(result.release());
}

void Connection::pipeline_end() {
  if (connection_ == nullptr) return;
  if (under_way_ != 0 || PQexitPipelineMode(connection_) == 0) close();
}

void Connection::copy_begin(const std::string& sql) {
  const Rows begun = query(sql);
  copying_ = true;
}

void Connection::copy_put(std::string_view bytes) {
  options_.on_wait();
  while (true) {
    const int sent = PQputCopyData(connection_, bytes.data(), static_cast<int>(bytes.size()));
    if (sent < 0) lost(trimmed(PQerrorMessage(connection_)));
    if (sent == 1) return;
    wait(POLLOUT);
    PQflush(connection_);
  }
}

bool Connection::copy_takes() {
  const int left = PQflush(connection_);
  if (left < 0) lost(trimmed(PQerrorMessage(connection_)));
  // The server says nothing during a COPY unless it has refused a row: then there is no use in sending the
  // rest.
  pollfd socket{PQsocket(connection_), POLLIN, 0};
  if (::poll(&socket, 1, 0) > 0) {
    copy_end();
    throw Error::retry("PostgreSQL ended the COPY early");
  }
  return left == 0;
}

void Connection::copy_data(std::string_view bytes) {
  copy_put(bytes);
  while (!copy_takes()) wait(POLLIN | POLLOUT);
}

std::uint64_t Connection::copy_end() {
  copying_ = false;
  while (true) {
    const int sent = PQputCopyEnd(connection_, nullptr);
    if (sent < 0) lost(trimmed(PQerrorMessage(connection_)));
    if (sent == 1) break;
    wait(POLLOUT);
    PQflush(connection_);
  }
  return Rows(last_result()).affected();
}

std::string Connection::quoted(std::string_view identifier) const {
  char* text = PQescapeIdentifier(connection_, identifier.data(), identifier.size());
  if (text == nullptr) throw Error::internal("an identifier could not be quoted");
  std::string result(text);
  PQfreemem(text);
  return result;
}

std::string array_of(std::span<const std::string> elements) {
  std::string array;
  for (const auto& element : elements) add_text(array, element);
  return braced(array);
}

std::string array_of(std::span<const std::uint64_t> elements) {
  return fmt::format("{{{}}}", fmt::join(elements.begin(), elements.end(), ","));
}

}  // namespace peo::target
