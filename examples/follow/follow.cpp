// A subscriber that keeps a copy of the loader's tables in another database: on each message it reads exactly
// what changed since its last event_id, rows and removals, and nothing else.
//
//   follow SOURCE_CONNINFO COPY_CONNINFO [NATS_URL]
//
// With NATS_URL it runs until it is ended, woken by messages; without, it catches up once and exits. It may
// be killed at any moment: what it has read and how far it has come are written in one transaction of the
// copy. Messages are only a bell: a lost or doubled one does no harm, since the event_id says where to go on.
// See docs/consuming.md.
//
// The copy must hold the same tables (made by the same SQL). Memory: one buffer of the COPY protocol,
// whatever the number of rows; a step takes at most 20,000 events,
// unless tables have unique values besides their keys (see step_of).
#include <libpq-fe.h>
#include <nats/nats.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

class Database {
 public:
  explicit Database(const char* conninfo) : connection_(PQconnectdb(conninfo), PQfinish) {
    if (PQstatus(get()) != CONNECTION_OK) fail();
    // COPY writes dates, numbers and characters as the session has it: the same on both sides, whatever their
    // databases and roles are set to. That a table exists already is no news.
    run("SELECT set_config(name, value, false) FROM (VALUES ('client_encoding', 'UTF8'), ('datestyle', "
        "'ISO'),"
        " ('intervalstyle', 'postgres'), ('extra_float_digits', '1'), ('client_min_messages', 'warning')) AS "
        "s "
        "(name, value)");
  }
  PGconn* get() const { return connection_.get(); }

  Result run(const std::string& sql, const std::vector<const char*>& parameters = {}) const {
    Result result(PQexecParams(get(), sql.c_str(), static_cast<int>(parameters.size()), nullptr,
                               parameters.data(), nullptr, nullptr, 0),
                  PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_COPY_IN &&
        status != PGRES_COPY_OUT)
      fail();
    return result;
  }
  std::string value(const std::string& sql, const std::vector<const char*>& parameters = {}) const {
    const auto result = run(sql, parameters);
    return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
  }
  [[noreturn]] void fail() const { throw std::runtime_error(PQerrorMessage(get())); }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

std::string quoted(const Database& database, const std::string& name) {
  std::unique_ptr<char, decltype(&PQfreemem)> text(
      PQescapeIdentifier(database.get(), name.data(), name.size()), PQfreemem);
  return text.get();
}

// The entities: tables with the loader's two columns and a key, as the loader itself finds them.
std::vector<std::string> entities(const Database& database) {
  const auto rows = database.run(
      "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
      " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT "
      "c.relispartition"
      " AND a.attname IN ('event_id', 'delivery_id') AND NOT a.attisdropped AND c.relname <> "
      "'loader_removals'"
      " GROUP BY c.relname HAVING count(*) = 2 ORDER BY c.relname");
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(PQntuples(rows.get())));
  for (int i = 0; i < PQntuples(rows.get()); ++i) names.emplace_back(PQgetvalue(rows.get(), i, 0));
  return names;
}

// COPY … TO STDOUT of one database into COPY … FROM STDIN of the other, piece by piece.
void pour(const Database& from, const std::string& query, const Database& to, const std::string& table) {
  from.run("COPY (" + query + ") TO STDOUT");
  to.run("COPY " + table + " FROM STDIN");
  char* piece = nullptr;
  int size = 0;
  while ((size = PQgetCopyData(from.get(), &piece, 0)) > 0) {
    const bool sent = PQputCopyData(to.get(), piece, size) == 1;
    PQfreemem(piece);
    if (!sent) to.fail();
  }
  if (size == -2) from.fail();
  if (PQputCopyEnd(to.get(), nullptr) != 1) to.fail();
  for (const auto* database : {&from, &to}) {
    while (PGresult* result = PQgetResult(database->get())) {
      const bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
      PQclear(result);
      if (!good) database->fail();
    }
  }
}

// The key's columns of a table: k1, k2 as SQL.
std::string key_of(const Database& database, const std::string& table) {
  return database.value(
      "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY array_position(k.conkey, a.attnum)) FROM "
      "pg_constraint k"
      " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
      " WHERE k.contype = 'p' AND k.conrelid = quote_ident($1)::regclass",
      {table.c_str()});
}

// One entity's changes after event `last`, up to event `until`: first what is gone, then what is there. A key
// that was removed and came back is in both, and stays.
void take_over(const Database& source, const Database& copy, const std::string& table,
               const std::string& last, const std::string& until) {
  const auto name = quoted(copy, table);
  const auto key = key_of(copy, table);
  const auto range =
      " WHERE event_id > " + last + " AND event_id <= " + until;  // numbers that we read ourselves
  copy.run("CREATE TEMP TABLE gone (key jsonb) ON COMMIT DROP");
  copy.run("CREATE TEMP TABLE came ON COMMIT DROP AS SELECT * FROM " + name + " LIMIT 0");
  std::unique_ptr<char, decltype(&PQfreemem)> literal(
      PQescapeLiteral(source.get(), table.data(), table.size()), PQfreemem);
  pour(source, "SELECT key FROM loader_removals" + range + " AND entity = " + literal.get(), copy, "gone");
  pour(source, "SELECT * FROM " + name + range, copy, "came");
  copy.run("DELETE FROM " + name + " WHERE (" + key + ") IN (SELECT " + key +
           " FROM gone, jsonb_populate_record(NULL::" + name + ", key))");
  copy.run("DELETE FROM " + name + " WHERE (" + key + ") IN (SELECT " + key + " FROM came)");
  copy.run("INSERT INTO " + name + " SELECT * FROM came");
  copy.run("DROP TABLE gone, came");
}

// The most events of a step; NULL, which is no limit, where a table has unique values besides its key. They
// may change hands: the row that has the value now may be in this step, and the one that had it in the next,
// if that one changed again. Only a step up to the last event surely brings both.
const char* step_of(const Database& copy) {
  const auto unique = copy.value(
      "SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace ="
      " current_schema()::regnamespace AND (i.indisunique OR i.indisexclusion) AND NOT i.indisprimary)");
  return unique == "t" ? nullptr : "20000";
}

// Everything after the last event that the copy has seen, up to the last one that is visible. All tables are
// read in one snapshot (on Citus, in one for each worker): a row that has changed since is in a later step.
bool catch_up_a_step(const Database& source, const Database& copy) {
  copy.run("BEGIN");
  copy.run(
      "CREATE TABLE IF NOT EXISTS follow_state (one boolean PRIMARY KEY DEFAULT true CHECK (one),"
      " last_event_id bigint NOT NULL)");
  copy.run("INSERT INTO follow_state (last_event_id) VALUES (0) ON CONFLICT DO NOTHING");
  // FOR UPDATE: a second follower of the same copy waits here.
  const auto last = copy.value("SELECT last_event_id FROM follow_state FOR UPDATE");
  source.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const auto tables = entities(source);
  // Never further: of later events, other tables may not show everything yet.
  const auto visible = source.value("SELECT visible_event_id FROM loader_state");
  // Each branch is sorted and limited by itself, so that the indexes are read no further than the step goes.
  // A branch without, or a limit around all of them only, reads and sorts everything after `last` in each
  // step.
  const auto first = [](const std::string& table) {
    return "(SELECT event_id FROM " + table +
           " WHERE event_id > $1 AND event_id <= $3 ORDER BY event_id LIMIT $2)";
  };
  std::string events = first("loader_removals");
  for (const auto& table : tables) events += " UNION ALL " + first(quoted(source, table));
  const auto until =
      source.value("SELECT greatest($1, CASE WHEN count(*) = $2 THEN max(event_id) ELSE $3 END) FROM (" +
                       events + " ORDER BY event_id LIMIT $2) e",
                   {last.c_str(), step_of(copy), visible.c_str()});
  const bool something = until != last;
  if (something) {
    for (const auto& table : tables) take_over(source, copy, table, last, until);
    copy.run("UPDATE follow_state SET last_event_id = $1", {until.c_str()});
  }
  source.run("COMMIT");
  copy.run("COMMIT");
  if (something) std::printf("up to event %s\n", until.c_str());
  std::fflush(stdout);
  return something;
}

// A bell that messages ring.
class Bell {
 public:
  explicit Bell(const char* url) {
    natsStatus status = natsConnection_ConnectTo(&connection_, url);
    if (status == NATS_OK)
      status = natsConnection_Subscribe(&subscription_, connection_, "paper-engine.meta.orders.change", ring,
                                        this);
    if (status != NATS_OK) throw std::runtime_error(std::string("NATS: ") + natsStatus_GetText(status));
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell() {
    natsSubscription_Destroy(subscription_);
    natsConnection_Destroy(connection_);
  }
  // Until it has rung since the last call; a message may be lost with its server, so now and then without.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [this] { return rung_; });
    rung_ = false;
  }

 private:
  static void ring(natsConnection*, natsSubscription*, natsMsg* message, void* self) {
    natsMsg_Destroy(message);
    auto& bell = *static_cast<Bell*>(self);
    const std::lock_guard lock(bell.mutex_);
    bell.rung_ = true;
    bell.changed_.notify_one();
  }
  natsConnection* connection_ = nullptr;
  natsSubscription* subscription_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: follow SOURCE_CONNINFO COPY_CONNINFO [NATS_URL]\n");
    return 64;
  }
  try {
    std::unique_ptr<Bell> bell;
    if (argc > 3)
      bell = std::make_unique<Bell>(argv[3]);  // before the first look, so that nothing falls between the two
    const Database source(argv[1]);
    const Database copy(argv[2]);
    while (true) {
      while (catch_up_a_step(source, copy)) {
      }
      if (!bell) return 0;
      bell->wait();
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "follow: %s\n", error.what());
    return 75;  // start it again: it goes on where it was
  }
}
