#include "target/postgres/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <thread>

#include "base/log.hpp"
#include "base/masked.hpp"
#include "target/postgres/sql_array.hpp"

namespace peo::target {
namespace {

using std::chrono::steady_clock;

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

// libpq writes one line for each address that it tried, and PostgreSQL one for each function that called
// another. libpq's own hints, on lines that begin with a tab, and the location in PostgreSQL's sources help
// no operator.
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

constexpr const char* bad_data_hint =
    "Correct the object or the table; nothing from the delivery was loaded.";

void count_warning(void* warnings, const PGresult* notice) {
  const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) == "WARNING")
    ++*static_cast<std::uint64_t*>(warnings);
}

// PQcancel blocks on a separate connection, and the server may be unreachable. A detached thread waits for
// it, so that the stop doesn't.
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
    throw Error::internal(fmt::format("PostgreSQL returned '{}' instead of a number", shortened(digits)));
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
  const auto text = fmt::format("PostgreSQL at {} reported: {}", server, message);
  const auto with = [&](Error error) { return std::move(error).with_sqlstate(std::string(sqlstate)); };
  // 28 invalid authorization.
  if (in("28"))
    return with(Error::permission(text,
                                  "Check user and password in TARGET (or in the file that TARGET_FILE "
                                  "names), and the server's pg_hba.conf."));
  if (sqlstate == "42501")
    return with(Error::permission(
        text, "Grant the loader's role the missing privilege; the command check shows it."));
  // 53 insufficient resources: a full disk or too many connections may be temporary.
  if (in("53")) return with(Error::retry(text, "Check the server's resources (connections, disk, memory)."));
  // What Citus reports when a worker is lost or a shard is moved: 58030 io_error during a COPY, CI for
  // intermediate results, XX000 internal_error. PostgreSQL's own internal errors may be transient too ("tuple
  // concurrently updated").
  if (sqlstate == "58030" || in("CI") || sqlstate == "XX000")
    return with(Error::retry(text, "Check the server's log if the error persists."));
  // Transient errors: 08 connection, 57 operator intervention (shutdown, a cancelled statement), 40
  // serialization failure or deadlock, 55P03 lock timeout, 25006 read-only (the server became a standby),
  // 25P0x a transaction that the server ended.
  if (in("08") || in("57") || in("40") || sqlstate == "55P03" || sqlstate == "25006" || in("25P0")) {
    return with(Error::retry(text));
  }
  // 22 data exception, 23 constraint violation, 44 check option, 54 limits (a row or a key that is too big),
  // P0 RAISE in a trigger, 27 and 09 triggers too, 38 and 39 functions in other languages: the delivery's
  // data is the cause.
  constexpr std::array bad_data{"22", "23", "44", "54", "P0", "27", "09", "38", "39"};
  if (std::ranges::any_of(bad_data, in)) return with(Error::bad_delivery(text, bad_data_hint));
  // 3D no such database, 3F no such schema.
  if (in("3D") || in("3F")) return with(Error::configuration(text, "Create it, or correct TARGET."));
  // 42P01, 42883 and 42704: undefined table, function, type.
  if (sqlstate == "42P01" || sqlstate == "42883" || sqlstate == "42704") {
    return with(Error::configuration(
        text,
        "Qualify names with their schema in functions that triggers, defaults and indexes "
        "call, or run ALTER FUNCTION ... SET search_path: the loader's sessions have "
        "search_path = pg_catalog, pg_temp."));
  }
  // 42 undefined objects and the like, 0A not supported, 55 wrong object state, 2B dependent objects.
  if (in("42") || in("0A") || in("55") || in("2B")) {
    return with(Error::configuration(
        text, "Check the table and the server's settings against the loader's requirements."));
  }
  return with(Error::internal(text));
}

// PgBouncer reports its own errors as 08P01 protocol_violation, which would otherwise be retried.
static Error error_of_pooler(const std::string& message, const std::string& server) {
  const auto says = [&](auto... words) { return ((message.find(words) != std::string::npos) || ...); };
  if (says("authentication failed", "no such user", "not allowed"))
    return error_of("28P01", message, server).with_sqlstate("08P01");
  const auto text = fmt::format("PostgreSQL at {} reported: {}", server, message);
  if (says("unsupported startup parameter")) {
    return Error::configuration(
               text,
               "Remove options from TARGET (ALTER ROLE ... SET search_path has the same effect), or "
               "add the parameter to the pooler's ignore_startup_parameters.")
        .with_sqlstate("08P01");
  }
  if (says("no such database", "does not exist"))
    return Error::configuration(text, "Create it, add it to the pooler's configuration, or correct TARGET.")
        .with_sqlstate("08P01");
  return error_of("08P01", message, server);
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

bool Connection::is_utf8() const {
  const char* const encoding = PQparameterStatus(connection_, "server_encoding");
  return encoding != nullptr && std::string_view(encoding) == "UTF8";
}

int Connection::version() const { return PQserverVersion(connection_); }

int Connection::told_backend() const { return PQbackendPID(connection_); }

bool Connection::usable() const {
  return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK && !copying_ && !cancelled_;
}

void Connection::connect(std::chrono::seconds timeout) {
  close();
  // With expand_dbname, TARGET may itself be a conninfo string or a URI. Parameters after it override it;
  // those in front of it are defaults that it may override.
  const std::string seconds = std::to_string(timeout.count());
  const char* const names[] = {"keepalives_idle",           "keepalives_interval",
                               "keepalives_count",          "tcp_user_timeout",
                               "fallback_application_name", "dbname",
                               "client_encoding",           nullptr};
  const char* const values[] = {"30",   "10",   "3", "60000", "paper-engine-orders", conninfo_.c_str(),
                                "UTF8", nullptr};
  connection_ = PQconnectStartParams(names, values, 1);
  if (connection_ == nullptr) throw Error::internal("libpq is out of memory");
  // Only while connecting: a failed connect has no result to get the SQLSTATE from.
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection_, count_warning, &warnings_);
  const auto until = steady_clock::now() + timeout;
  auto state = PQstatus(connection_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) {
      const auto where = server();
      close();
      throw Error::retry(fmt::format("PostgreSQL at {} didn't respond within {} s", where, timeout.count()),
                         "Check that the server is running and that host and port in TARGET are correct.");
    }
    if (stop_.requested()) throw Error::retry("stopped while connecting to PostgreSQL");
    pollfd sockets[] = {
        {PQsocket(connection_), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0},
        {stop_.fd(), POLLIN, 0}};
    // At most a second, since libpq may change the socket when it tries the next address.
    ::poll(sockets, 2, static_cast<int>(std::min<std::int64_t>(left, 1000)));
    if (sockets[0].revents != 0) state = PQconnectPoll(connection_);
  }
  if (state == PGRES_POLLING_FAILED) {
    auto message = without_password(in_one_line(trimmed(PQerrorMessage(connection_))));
    const auto sqlstate = sqlstate_in(message);
    // The Error carries the SQLSTATE separately.
    if (const auto at = message.find("  " + sqlstate + ": "); !sqlstate.empty())
      message.erase(at, sqlstate.size() + 3);
    const auto where = server();
    const bool wants_password = PQconnectionNeedsPassword(connection_) == 1;
    close();
    if (sqlstate == "08P01") throw error_of_pooler(message, where);
    if (!sqlstate.empty()) throw error_of(sqlstate, message, where);
    if (wants_password) {
      throw Error::permission(
          fmt::format("PostgreSQL at {} requires a password, but none is set", where),
          "Set password in TARGET, or set TARGET_FILE to a file with the connection string.");
    }
    // A retry doesn't fix a certificate.
    if (message.find("certificate") != std::string::npos || message.find("SSL") != std::string::npos) {
      throw Error::unavailable("PostgreSQL: " + message, "Check sslmode and sslrootcert in TARGET.");
    }
    throw Error::retry("PostgreSQL: " + message,
                       "Check that the server is running and that host and port in TARGET are correct.");
  }
  PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
  PQsetnonblocking(connection_, 1);
}

// A server, or an impostor, may echo the password. A password that equals the user name or the like isn't a
// secret, and masking it would only make errors hard to read.
std::string Connection::without_password(std::string text) const {
  const char* const given = PQpass(connection_);
  const std::string password(given != nullptr ? given : "");
  for (const char* const word : {PQuser(connection_), PQdb(connection_), PQhost(connection_)}) {
    if (word != nullptr && password == word) return text;
  }
  return masked(std::move(text), {&password, 1});
}

void Connection::lost(const std::string& what) {
  const auto where = server();
  const auto text = without_password(in_one_line(what));
  close();
  throw Error::retry(fmt::format("the connection to PostgreSQL at {} was lost: {}", where, text));
}

// After a stop was requested: first the statement may finish, then it is cancelled, then the connection is
// closed.
void Connection::give_up_if_stopped() {
  const auto asked = stop_.asked_for();
  if (asked < options_.grace) return;
  if (asked > options_.grace * 2) lost("stopped, and the server didn't respond");
  if (cancelled_) return;
  cancelled_ = true;
  cancel_statement(connection_);
}

// How many milliseconds a wait may last. At most 5 seconds, because on_wait must be called regularly: it
// shows that the process is alive while a statement takes long.
std::int64_t Connection::patience() {
  options_.on_wait();
  if (stop_.requested()) give_up_if_stopped();
  constexpr std::int64_t longest = 5000;
  if (!options_.answer_within) return longest;
  const auto left = asked_ + *options_.answer_within - steady_clock::now();
  if (left.count() <= 0) lost("no response in time");
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
  // Connections that are waited for together belong to one loader, and share its stop.
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
    // Input too: a server that can't deliver what it has to report stops reading, and both sides would wait
    // for each other.
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

// "COPY staging_1, line 3, column order_qty: \"abc\"": the row of the COPY, the column, the value.
struct CopyContext {
  std::uint64_t row = 0;
  std::string column, value;
};

// An input function may put its own lines before COPY's ("JSON data, line 1: ..."), a trigger too. Both
// these and the value may hold what looks like a COPY's line: then none is believed.
static std::optional<CopyContext> copy_context(std::string_view context) {
  constexpr std::string_view begin = "COPY ", mark = ", line ";
  std::optional<std::size_t> place;
  for (std::size_t at = 0; at != std::string_view::npos; at = context.find('\n', at)) {
    if (context[at] == '\n') ++at;
    if (!context.substr(at).starts_with(begin)) continue;
    if (place) return std::nullopt;
    place = at;
  }
  if (!place) return std::nullopt;
  context.remove_prefix(*place);
  const auto line = context.find(mark);
  if (line == std::string_view::npos) return std::nullopt;
  CopyContext found;
  const auto* const end = context.data() + context.size();
  const auto [after, code] = std::from_chars(context.data() + line + mark.size(), end, found.row);
  if (code != std::errc{}) return std::nullopt;
  auto rest = std::string_view(after, static_cast<std::size_t>(end - after));
  if (constexpr std::string_view column = ", column "; rest.starts_with(column)) {
    rest.remove_prefix(column.size());
    const auto colon = rest.find(": ");
    found.column = rest.substr(0, colon);
    if (colon != std::string_view::npos) found.value = shortened(rest.substr(colon + 2));
  }
  return found;
}

// If a COPY was refused while it read a row, the row's contents are the cause, whatever the SQLSTATE: input
// functions of some types report 42601 or XX000. Exceptions are transient errors and missing privileges.
static Error error_of_row(Error error) {
  const bool passes = error.kind() != ErrorKind::Fatal && error.sqlstate() != "XX000";
  if (passes || error.exit_code() == ExitCode::PermissionDenied) return error;
  return Error::bad_delivery(error.what(), bad_data_hint).with_sqlstate(error.sqlstate());
}

void Connection::throw_refusal(const PGresult& result, const std::string& whole_message) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(&result, code);
    return without_password(text != nullptr ? text : "");
  };
  const auto sqlstate = field(PG_DIAG_SQLSTATE);
  auto text = field(PG_DIAG_MESSAGE_PRIMARY);
  // Detail and context quote rows, also where the row isn't at fault (a full disk in the middle of a COPY).
  const auto primary = fmt::format("PostgreSQL at {} refused: {}", server(), text);
  const bool known = !text.empty();
  const auto with_primary = [&](Error error) {
    if (!known || error.kind() == ErrorKind::BadDelivery) return error;
    return std::move(error).without_values(primary);
  };
  if (text.empty()) text = without_password(whole_message);
  // The detail of not_null_violation and check_violation is the whole row ("Failing row contains ..."), which
  // has no place in a log.
  const bool whole_row = sqlstate == "23502" || sqlstate == "23514";
  if (const auto detail = field(PG_DIAG_MESSAGE_DETAIL); !detail.empty() && !whole_row) {
    text += "; " + shortened(detail, 300);
  }
  const auto context = field(PG_DIAG_CONTEXT);
  if (const auto copy = copy_context(context)) {
    if (!copy->value.empty() && text.find(copy->value) == std::string::npos) text += "; value " + copy->value;
    auto error = with_primary(error_of_row(error_of(sqlstate, text, server())));
    error.at({.column = copy->column.empty() ? field(PG_DIAG_COLUMN_NAME) : copy->column});
    auto value = copy->value;
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    throw CopyRefused(error, copy->row, std::move(value));
  }
  if (!context.empty()) text += "; " + shortened(in_one_line(context), 300);
  throw with_primary(error_of(sqlstate, text, server())).at({.column = field(PG_DIAG_COLUMN_NAME)});
}

void Connection::throw_failure(const PGresult& result) {
  // A terminated session's last result has no SQLSTATE, so check the connection first.
  const auto message = trimmed(PQresultErrorMessage(&result));
  if (PQstatus(connection_) == CONNECTION_BAD) lost(message);
  if (cancelled_) {
    cancelled_ = false;
    throw Error::retry("stopped before the statement finished");
  }
  throw_refusal(result, message);
}

// Reads all results of a command; returns the last good one, throws the first error.
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
    // The server waits for data now: libpq would return this result again and again.
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

Rows Connection::script(const std::string& sql) {
  if (connection_ == nullptr) throw Error::retry("not connected to PostgreSQL");
  asked_ = steady_clock::now();
  // The simple protocol: the only one that takes several statements in one string.
  if (PQsendQuery(connection_, sql.c_str()) == 0) lost(trimmed(PQerrorMessage(connection_)));
  return Rows(last_result());
}

void Connection::rollback(const char* savepoint) noexcept {
  try {
    if (connection_ == nullptr || PQstatus(connection_) != CONNECTION_OK) return;
    if (copying_) {
      copying_ = false;
      // With an error message the server discards the rows, and the COPY fails.
      while (PQputCopyEnd(connection_, "the loader rolls back") == 0) flush();
      try {
        PQclear(last_result());
      } catch (const Error&) {  // the expected reply to the aborted COPY
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

// A sync after each statement makes it a separate transaction: an error ends at the next sync, instead of
// aborting all that is queued.
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
  // libpq returns for each statement its result, a null, and the result of the sync after it. Before the
  // latter comes the error of the commit that the sync causes, if it is refused (a deferred constraint).
  std::unique_ptr<PGresult, decltype(&PQclear)> result(await_result(), PQclear);
  if (result == nullptr) lost("a result is missing in the pipeline");
  constexpr int most_nulls = 3;
  for (int nulls = 0; nulls < most_nulls;) {
    std::unique_ptr<PGresult, decltype(&PQclear)> next(await_result(), PQclear);
    if (PQstatus(connection_) == CONNECTION_BAD) throw_failure(*result);
    if (next == nullptr) {
      if (++nulls == most_nulls) lost("the pipeline is out of sync");
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
  // Unread results would be mistaken for those of the next statement.
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
  // The server is silent during a COPY unless it has refused a row: then it is no use sending the rest.
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
