#include "target/postgres_small_loads.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/change_message.hpp"
#include "base/version.hpp"
#include "target/array_text.hpp"

namespace peo::target {
namespace {

// Under way at a time: more brings nothing, and what is under way is repeated when the connection is lost.
constexpr std::size_t most_under_way = 64;
constexpr std::size_t most_bytes_under_way = std::size_t{1024} * 1024;

// The message up to its counts, which only the statement knows.
std::string message_beginning(const std::string& entity, const std::string& host) {
  const auto whole = change_message({{entity, Effects{}}}, 0, now(), host);
  return whole.substr(0, whole.rfind("{\"AMEND\""));
}

}  // namespace

PostgresSmallLoads::PostgresSmallLoads(PostgresTarget& target)
    : target_(target),
      next_event_base_(target.state_.last_event_id),
      next_delivery_id_(target.state_.last_delivery_id + 1) {}

PostgresSmallLoads::~PostgresSmallLoads() {
  if (open_) target_.connection_.close();  // left in the middle: what is under way is unknown here
}

bool PostgresSmallLoads::full() const {
  return sent_.size() >= most_under_way || sent_bytes_ >= most_bytes_under_way;
}

bool PostgresSmallLoads::take(const FoundDelivery& delivery, const decode::ChangeBatch* batch) {
  delivery_ = delivery;
  const auto& table = target_.tables_.at(delivery.entity);
  if (batch != nullptr && !table.lacks(*batch->carried).empty()) return false;
  table_ = batch == nullptr ? table : table.as_carried(*batch->carried);
  // Keys that change are weighed against each other first (moved_keys.hpp), which takes a statement more.
  const auto moved = [](const decode::ChangeRow& row) { return row.operation == decode::Operation::Moved; };
  if (batch != nullptr && (!batch->bad.empty() || std::ranges::any_of(batch->rows, moved))) return false;
  // Nothing can be prepared inside the pipeline: a file of a new shape begins the next one.
  if (open_ && !target_.has_small_statement(table_)) return false;
  arrays_.assign(table_.columns.size() + 2, "{");
  if (batch != nullptr) ArrayText(table_).append(*batch, arrays_);
  for (auto& array : arrays_) array += '}';
  return true;
}

void PostgresSmallLoads::send(const ReadFacts& facts) {
  auto& connection = target_.connection_;
  if (!open_) {
    target_.small_statement(table_);
    // All that may be asked for the first time is asked before the pipeline, in which nothing else can be.
    for (const auto& [name, each] : target_.tables_) {
      if (target_.takes_small(name)) target_.small_statement(each);
    }
    connection.pipeline_begin();
    open_ = true;
    connection.pipeline_query("SET synchronous_commit = off");
  }
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  const auto host = host_name();
  const auto& object = delivery_.object;
  const bool tell = target_.options_.notifications;
  std::vector<Parameter> parameters = {
      text(next_event_base_),
      text(next_delivery_id_),
      delivery_.entity,
      text(facts.changes),
      tell ? Parameter(message_beginning(delivery_.entity, host)) : std::nullopt,
      host,
      std::string(change_subject),
      object.key,
      text(delivery_.generation),
      object.etag,
      facts.sha256,
      text(object.size),
      timestamp(object.last_modified),
      to_string(delivery_.kind),
      timestamp(delivery_.name_time),
      timestamp(now()),
      text(facts.fetch_seconds),
      text(facts.decompress_seconds),
      text(facts.parse_seconds),
      std::string(version),
      text(facts.rows),
      left_out_text(facts)};
  for (auto& array : arrays_) {
    sent_bytes_ += array.size();
    parameters.emplace_back(std::move(array));
  }
  connection.pipeline_send(target_.small_statement(table_), parameters);
  sent_.push_back({delivery_, next_delivery_id_, facts.rows, facts.changes});
  ++next_delivery_id_;
  next_event_base_ += facts.changes;
}

Outcome PostgresSmallLoads::outcome_of(const Sent& sent, const Rows& rows) const {
  const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(0, column)); };
  Outcome outcome;
  outcome.delivery_id = sent.delivery_id;
  outcome.rows_read = sent.rows;
  const Effects effects{count(1), count(2), count(3)};
  if (effects.any()) outcome.stats[sent.delivery.entity] = effects;
  if (!rows.null(0, 4)) outcome.max_event_id = count(4);
  if (!rows.null(0, 6)) {
    outcome.message = Message{.delivery_id = sent.delivery_id,
                              .position = count(5),
                              .id = fmt::format("{}-{}", target_.state_.target_id, sent.delivery_id),
                              .subject = std::string(change_subject),
                              .payload = std::string(rows.text(0, 6))};
  }
  return outcome;
}

SmallLoads::Result PostgresSmallLoads::commit() {
  Result result;
  if (!open_) return result;
  auto& connection = target_.connection_;
  auto& state = target_.state_;
  // The commit that waits for the disk, and with it for all before it. It must write something: the commit of
  // a transaction that wrote no WAL is never waited for.
  connection.pipeline_query("RESET synchronous_commit");
  connection.pipeline_query(fmt::format("UPDATE {} SET one = one", target_.own("loader_state")));
  connection.pipeline_result();
  bool overtaken = false;
  for (const auto& sent : sent_) {
    try {
      const auto rows = connection.pipeline_result();
      if (result.failed) overtaken = true;
      result.outcomes.push_back(outcome_of(sent, rows));
      state.last_event_id += sent.changes;
      state.last_delivery_id = sent.delivery_id;
    } catch (const Error& error) {
      if (!connection.connected()) throw;
      if (!result.failed) result.failed = error;
    }
  }
  connection.pipeline_result();
  connection.pipeline_result();
  connection.pipeline_end();
  open_ = false;
  if (overtaken) throw Error::internal("a delivery went in behind one that failed");
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  for (auto& outcome : result.outcomes) {
    outcome.apply_seconds = seconds / static_cast<double>(sent_.size());
    target_.say_effects(outcome);
  }
  return result;
}

}  // namespace peo::target
