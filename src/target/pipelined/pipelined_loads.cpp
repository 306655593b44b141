#include "target/pipelined/pipelined_loads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/version.hpp"

namespace peo::target {
namespace {

// Under way at a time: what is under way is repeated when the connection is lost, and is told of when all of
// it is in.
constexpr std::size_t most_bytes_under_way = std::size_t{1024} * 1024;
constexpr auto longest_under_way = std::chrono::seconds(1);

// The message up to its counts, which only the statement knows.
std::string message_beginning(const std::string& entity, const std::string& host) {
  const auto whole = change_message({{entity, RowCounts{}}}, 0, now(), host);
  return whole.substr(0, whole.rfind("{\"AMEND\""));
}

}  // namespace

PostgresPipelinedLoads::PostgresPipelinedLoads(PostgresTarget& target)
    : target_(target),
      next_event_base_(target.state_.last_event_id),
      next_delivery_id_(target.state_.last_delivery_id + 1) {}

PostgresPipelinedLoads::~PostgresPipelinedLoads() {
  if (open_) target_.connection_.close();  // left in the middle: what is under way is unknown here
}

bool PostgresPipelinedLoads::full() const {
  return sent_ >= target_.pipeline_window_.at_a_time() || sent_bytes_ >= most_bytes_under_way ||
         std::chrono::steady_clock::now() - began_ > longest_under_way;
}

const BatchShape& PostgresPipelinedLoads::shape_of(const Table& table) {
  const auto& name = target_.pipelined_statement(table);
  return shapes_.try_emplace(name, table, name).first->second;
}

bool PostgresPipelinedLoads::take(const Delivery& delivery, const decode::ChangeBatch* batch) {
  taken_.reset();
  const auto& whole = target_.tables_.at(delivery.entity);
  if (batch != nullptr && !whole.missing_columns(*batch->mapping).empty()) return false;
  // Keys that change are weighed against each other first (moved_keys.hpp), which takes a statement more.
  const auto moved = [](const decode::ChangeRow& row) {
    return row.operation == decode::Operation::KeyUpdated;
  };
  if (batch != nullptr && (!batch->bad.empty() || std::ranges::any_of(batch->rows, moved))) return false;
  const auto table = batch == nullptr ? whole : whole.projected(*batch->mapping);
  // Nothing can be prepared inside the pipeline: a file of a new shape begins the next one.
  if (open_ && !target_.has_pipelined_statement(table)) return false;
  taken_.emplace(shape_of(table), delivery, next_event_base_, next_delivery_id_, batch);
  return true;
}

void PostgresPipelinedLoads::send(const FileStats& facts) {
  if (!open_) open();
  if (!group_.takes(*taken_) || target_.pipeline_window_.alone()) send_group();
  const auto before = group_.bytes();
  group_.add(*std::exchange(taken_, std::nullopt), facts);
  ++sent_;
  sent_bytes_ += group_.bytes() - before;
  ++next_delivery_id_;
  next_event_base_ += facts.changes;
  if (target_.pipeline_window_.alone()) send_group();
  target_.pipeline_window_.sent();
}

void PostgresPipelinedLoads::open() {
  // All that may be asked for the first time is asked before the pipeline, in which nothing else can be.
  for (const auto& [name, table] : target_.tables_) {
    if (target_.can_pipeline(name)) target_.pipelined_statement(table);
  }
  target_.connection_.pipeline_begin();
  open_ = true;
  target_.connection_.pipeline_query("SET synchronous_commit = off");
}

void PostgresPipelinedLoads::send_group() {
  if (group_.empty()) return;
  const auto& first = group_.parts().front();
  const auto& entity = first.delivery.entity;
  const auto host = host_name();
  const bool tell = target_.options_.notifications;
  std::vector<Parameter> parameters = {std::to_string(first.event_base),
                                       std::to_string(first.delivery_id),
                                       entity,
                                       host,
                                       std::string(version),
                                       std::string(change_subject),
                                       tell ? Parameter(message_beginning(entity, host)) : std::nullopt};
  group_.take_parameters(parameters);
  target_.connection_.pipeline_send(group_.shape().statement, parameters);
  under_way_.push_back(std::exchange(group_, {}));
}

std::vector<Outcome> PostgresPipelinedLoads::outcomes_of(const StatementBatch& group,
                                                         const Rows& rows) const {
  std::vector<Outcome> outcomes;
  for (int i = 0; i < rows.size(); ++i) {
    const auto& part = group.parts().at(static_cast<std::size_t>(i));
    const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(i, column)); };
    Outcome outcome;
    outcome.delivery_id = part.delivery_id;
    outcome.rows_read = part.rows;
    const RowCounts effects{count(1), count(2), count(3)};
    if (effects.any()) outcome.stats[part.delivery.entity] = effects;
    if (!rows.null(i, 4)) outcome.max_event_id = count(4);
    if (!rows.null(i, 6)) {
      outcome.message = Message{.delivery_id = part.delivery_id,
                                .position = count(5),
                                .id = fmt::format("{}-{}", target_.state_.target_id, part.delivery_id),
                                .subject = std::string(change_subject),
                                .payload = std::string(rows.text(i, 6))};
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

PipelinedLoads::Result PostgresPipelinedLoads::commit() {
  Result result;
  if (!open_) return result;
  auto& connection = target_.connection_;
  auto& state = target_.state_;
  auto& pace = target_.pipeline_window_;
  send_group();
  // The commit that waits for the disk, and with it for all before it. It must write something: the commit of
  // a transaction that wrote no WAL is never waited for.
  connection.pipeline_query("RESET synchronous_commit");
  connection.pipeline_query(fmt::format("UPDATE {} SET one = one", target_.own("loader_state")));
  connection.pipeline_result();
  bool failed = false, overtaken = false;
  for (const auto& group : under_way_) {
    try {
      const auto rows = connection.pipeline_result();
      if (failed) overtaken = true;
      std::ranges::move(outcomes_of(group, rows), std::back_inserter(result.outcomes));
      for (const auto& part : group.parts()) state.last_event_id += part.changes;
      state.last_delivery_id = group.parts().back().delivery_id;
      pace.went_in(group.size());
    } catch (const Error& error) {
      if (!connection.connected()) throw;
      if (failed) continue;
      failed = true;
      pace.failed(group.size());
      if (group.size() == 1) {
        result.failed = error;
      } else {
        log::debug("Small deliveries from {} on are loaded one by one: {}", group.parts().front().delivery_id,
                   error.describe());
      }
    }
  }
  connection.pipeline_result();
  connection.pipeline_result();
  connection.pipeline_end();
  open_ = false;
  if (!failed) pace.all_went_in();
  if (overtaken) throw Error::internal("a delivery went in behind one that failed");
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  for (auto& outcome : result.outcomes) {
    outcome.apply_seconds = seconds / static_cast<double>(sent_);
    target_.say_effects(outcome);
  }
  return result;
}

}  // namespace peo::target
