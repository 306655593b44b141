#include "target/pipelined/statement_batch.hpp"

#include <algorithm>
#include <utility>

#include "target/postgres/sql_array.hpp"

namespace peo::target {
namespace {

// Larger batches gain nothing: the statement's own cost is spread thinly enough, and a failed batch is sent
// again.
constexpr std::size_t most_parts = 32;
constexpr std::size_t most_bytes = std::size_t{128} * 1024;

}  // namespace

BatchShape::BatchShape(const Table& table, std::string prepared)
    : statement(std::move(prepared)),
      arrays(table),
      encoder(RowEncoder::of(table, {.direct = true})),
      sort_key(table.independent_rows ? SortKey::of(table, 0) : std::nullopt) {}

BatchItem::BatchItem(const BatchShape& shown, const Delivery& delivery, std::uint64_t event_base,
                     std::uint64_t delivery_id, const decode::ChangeBatch* batch)
    : shape(&shown), record{.delivery = delivery, .event_base = event_base}, arrays(shown.arrays.size()) {
  record.outcome.delivery_id = delivery_id;
  if (batch == nullptr) {
    keys.emplace();
    return;
  }
  shown.arrays.append(*batch, event_base, delivery_id, arrays);
  read_keys(*batch);
}

void BatchItem::read_keys(const decode::ChangeBatch& batch) {
  if (!shape->encoder || !shape->sort_key) return;
  std::set<std::string> read;
  encode::CopyBuffer row(std::size_t{4} * 1024);
  std::string key;
  try {
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      row.clear();
      shape->encoder->append(batch, i, row);
      if (!shape->sort_key->read(row.bytes(), key)) return;
      read.insert(key);
    }
  } catch (const NotEncoded&) {
    // No keys: the delivery goes alone, and the server reads the value.
    return;
  }
  keys = std::move(read);
}

void PipelineWindow::failed(std::size_t deliveries) {
  at_a_time_ = least;
  if (deliveries == 1) return;
  // Doubled with each failure in a row, until a batch succeeds.
  alone_ = last_alone_ = std::clamp(2 * last_alone_, deliveries, most);
}

void PipelineWindow::committed(std::size_t deliveries) {
  if (deliveries > 1) last_alone_ = 0;
}

void PipelineWindow::all_committed() { at_a_time_ = std::min(most, 2 * at_a_time_); }

bool StatementBatch::takes(const BatchItem& part) const {
  if (parts_.empty()) return true;
  if (parts_.size() >= most_parts || bytes_ >= most_bytes || part.shape != parts_.front().shape) return false;
  // Without known keys, nothing may share a transaction with it.
  if (!part.keys || !parts_.front().keys) return false;
  return std::ranges::none_of(*part.keys, [&](const auto& key) { return keys_.contains(key); });
}

void StatementBatch::add(BatchItem part, const FileStats& facts) {
  auto& record = part.record;
  record.facts = facts;
  record.reserved = facts.changes;
  record.started_at = now();
  record.outcome.rows_read = facts.rows;
  record.reason = ignored_columns_text(facts);
  deliveries_.add(record);
  rows_.resize(part.arrays.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    bytes_ += part.arrays[i].size();
    add_elements(rows_[i], part.arrays[i]);
  }
  part.arrays.clear();
  if (part.keys) keys_.merge(*part.keys);
  parts_.push_back(std::move(part));
}

void StatementBatch::move_to(std::vector<Parameter>& parameters, const std::string& entity,
                             const Parameter& message) {
  deliveries_.move_to(parameters);
  parameters.emplace_back(entity);
  parameters.push_back(message);
  for (const auto& array : rows_) parameters.emplace_back(braced(array));
  rows_.clear();
  keys_.clear();
}

}  // namespace peo::target
