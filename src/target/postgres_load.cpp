#include "target/postgres_load.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "target/postgres/sql_template.hpp"
#include "target_sql.hpp"

namespace peo::target {
namespace {

using std::chrono::steady_clock;

// Adds the time of a scope to a counter of seconds.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { seconds_ += std::chrono::duration<double>(steady_clock::now() - began_).count(); }

 private:
  double& seconds_;
  steady_clock::time_point began_ = steady_clock::now();
};

std::string timestamp(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06}+00",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), (time - seconds).count());
}

Time microseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::microseconds>(time);
}

}  // namespace

PostgresLoad::PostgresLoad(PostgresTarget& target, const FoundDelivery& delivery, Path path)
    : target_(target),
      delivery_(delivery),
      table_(target.tables_.at(delivery.entity)),
      path_(path),
      started_at_(std::chrono::system_clock::now()) {
  const Timed timed(outcome_.apply_seconds);
  outcome_.delivery_id = target_.next_delivery_id();
  auto& connection = target_.connection_;
  if (path_ == Path::Staged) incoming_ = target_.incoming_.of(table_);
  connection.query("BEGIN");
  try {
    if (path_ == Path::Direct) {
      copy_.emplace(connection, table_, target_.state_.last_event_id, outcome_.delivery_id);
    } else {
      copy_.emplace(connection, table_, incoming_);
    }
  } catch (...) {
    connection.rollback();
    throw;
  }
}

PostgresLoad::~PostgresLoad() {
  if (!committed_) target_.connection_.rollback();
}

void PostgresLoad::refused(Error error) const {
  if (path_ == Path::Direct && error.sqlstate() == "23505") throw DirectRefused{error.what()};
  throw std::move(error).at(Step::Apply);
}

void PostgresLoad::add(const decode::ChangeBatch& batch) {
  const Timed timed(outcome_.apply_seconds);
  try {
    copy_->add(batch);
  } catch (const Error& error) {
    refused(error);
  }
}

Outcome PostgresLoad::commit(const ReadFacts& facts) {
  outcome_.rows_read = facts.rows;
  try {
    const Timed timed(outcome_.apply_seconds);
    apply(facts.rows);
  } catch (const Error& error) {
    refused(error);
  }
  {
    const Timed timed(outcome_.record_seconds);
    record(facts);
    target_.connection_.query("COMMIT");
    committed_ = true;
  }
  auto& state = target_.state_;
  state.last_event_id += facts.rows;
  state.last_delivery_id = outcome_.delivery_id;
  if (outcome_.message) state.last_outbox_position = outcome_.message->position;
  target_.say_effects(outcome_);
  return outcome_;
}

void PostgresLoad::apply(std::uint64_t rows_read) {
  const auto copied = copy_->end();
  if (copied != rows_read) {
    throw Error::internal(fmt::format("{} rows were read and {} copied", rows_read, copied));
  }
  const auto event_base = target_.state_.last_event_id;
  Effects effects;
  if (path_ == Path::Direct) {
    effects.created = copied;
    if (copied != 0) outcome_.max_event_id = event_base + copied;
  } else if (copied != 0) {
    const auto rows = target_.connection_.query(
        fill(sql::apply,
             {{"key", table_.key_list()},
              {"incoming", incoming_},
              {"row", row_column()},
              {"op", operation_column()},
              {"table", table_.qualified},
              {"same_key", table_.same_key("t", "last")},
              {"key_json", table_.key_json("t")},
              {"removals", target_.own("loader_removals")},
              {"columns", table_.column_list()},
              {"assignments", table_.assignments()},
              {"differs", table_.differs("t", "excluded")},
              // A row that this statement inserted has no xmax; one that it updated was locked first. A
              // partitioned table can't show it: there the statement's snapshot says what was there.
              {"is_new", table_.partitioned ? fmt::format("NOT EXISTS (SELECT FROM {} AS before WHERE {})",
                                                          table_.qualified, table_.same_key("before", "t"))
                                            : std::string("t.xmax = 0")}}),
        {std::to_string(event_base), std::to_string(outcome_.delivery_id), delivery_.entity});
    const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(0, column)); };
    effects = {count(0), count(1), count(2)};
    if (!rows.null(0, 3)) outcome_.max_event_id = count(3);
  }
  if (effects.any()) outcome_.stats[delivery_.entity] = effects;
}

void PostgresLoad::record(const ReadFacts& facts) {
  const auto host = host_name();
  Parameter payload;
  if (target_.options_.notifications && outcome_.max_event_id) {
    payload = change_message(outcome_.stats, *outcome_.max_event_id,
                             microseconds(std::chrono::system_clock::now()), host);
  }
  Effects effects;
  if (const auto found = outcome_.stats.find(delivery_.entity); found != outcome_.stats.end())
    effects = found->second;
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  const auto& object = delivery_.object;
  Rows rows(nullptr);
  try {
    rows = target_.connection_.query(
        fill(sql::record, {{"state", target_.own("loader_state")},
                           {"outbox", target_.own("loader_outbox")},
                           {"ledger", target_.own("loader_deliveries")}}),
        {text(target_.state_.last_event_id),
         text(facts.rows),
         text(outcome_.delivery_id),
         payload,
         std::string(change_subject),
         object.key,
         text(delivery_.generation),
         object.etag,
         facts.sha256,
         text(object.size),
         timestamp(object.last_modified),
         delivery_.entity,
         std::string(delivery_.kind == DeliveryKind::FullLoad ? "full_load" : "change"),
         delivery_.name_time ? Parameter(timestamp(*delivery_.name_time)) : std::nullopt,
         text(effects.created),
         text(effects.amended),
         text(effects.removed),
         outcome_.max_event_id ? Parameter(text(*outcome_.max_event_id)) : std::nullopt,
         timestamp(microseconds(started_at_)),
         text(facts.fetch_seconds),
         text(facts.decompress_seconds),
         text(facts.parse_seconds),
         text(outcome_.apply_seconds),
         host,
         std::string(version)});
  } catch (Error& error) {
    error.at(Step::Record);
    // The same object is in already, or the counters collide: another loader was here.
    if (error.sqlstate() == "23505") throw Error::retry(error.what()).at(Step::Record);
    throw;
  }
  if (rows.size() != 1) {
    throw Error::retry("another loader has written to this target in the meantime",
                       "The ledger is read again.")
        .at(Step::Record);
  }
  if (payload) {
    Message message;
    message.position = static_cast<std::uint64_t>(rows.number(0, 0));
    message.delivery_id = outcome_.delivery_id;
    message.id = fmt::format("{}-{}", target_.state_.target_id, outcome_.delivery_id);
    message.subject = change_subject;
    message.payload = *payload;
    outcome_.message = std::move(message);
  }
}

}  // namespace peo::target
