#include "target/pipelined/statement_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "target/ledger/ledger.hpp"

namespace peo::target {
namespace {

// More bring nothing: the statement's own cost is spread over enough of them, and what fails is repeated.
constexpr std::size_t most_parts = 32;
constexpr std::size_t most_bytes = std::size_t{128} * 1024;

}  // namespace

BatchShape::BatchShape(const Table& table, std::string prepared)
    : statement(std::move(prepared)),
      arrays(table),
      encoder(RowEncoder::of(table, {.direct = true})),
      sort_key(table.independent_rows ? SortKey::of(table, 0) : std::nullopt) {}

BatchItem::BatchItem(const BatchShape& shown, Delivery found, std::uint64_t last_event_id, std::uint64_t id,
                     const decode::ChangeBatch* batch)
    : shape(&shown),
      delivery(std::move(found)),
      event_base(last_event_id),
      delivery_id(id),
      arrays(shown.arrays.size()) {
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
    return;
  }
  keys = std::move(read);
}

void PipelineWindow::failed(std::size_t deliveries) {
  at_a_time_ = least;
  if (deliveries == 1) return;
  alone_ = last_alone_ = std::clamp(2 * last_alone_, deliveries, most);
}

void PipelineWindow::went_in(std::size_t deliveries) {
  if (deliveries > 1) last_alone_ = 0;
}

void PipelineWindow::all_went_in() { at_a_time_ = std::min(most, 2 * at_a_time_); }

bool StatementBatch::takes(const BatchItem& part) const {
  if (parts_.empty()) return true;
  if (parts_.size() >= most_parts || bytes_ >= most_bytes || part.shape != parts_.front().shape) return false;
  if (!part.keys || !parts_.front().keys) return false;
  return std::ranges::none_of(*part.keys, [&](const auto& key) { return keys_.contains(key); });
}

void StatementBatch::add(BatchItem part, const FileStats& facts) {
  const auto& object = part.delivery.object;
  const auto number = [](const auto& value) { return fmt::format("{}", value); };
  const std::vector<Parameter> of_delivery = {number(facts.changes),
                                              object.key,
                                              number(part.delivery.generation),
                                              object.etag,
                                              facts.sha256,
                                              number(object.size),
                                              timestamp(object.last_modified),
                                              to_string(part.delivery.kind),
                                              timestamp(part.delivery.name_time),
                                              timestamp(now()),
                                              number(facts.fetch_seconds),
                                              number(facts.decompress_seconds),
                                              number(facts.parse_seconds),
                                              number(facts.rows),
                                              ignored_columns_text(facts)};
  deliveries_.resize(of_delivery.size());
  for (std::size_t i = 0; i < of_delivery.size(); ++i) add_text(deliveries_[i], of_delivery[i]);
  rows_.resize(part.arrays.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    bytes_ += part.arrays[i].size();
    add_elements(rows_[i], part.arrays[i]);
  }
  part.arrays.clear();
  part.rows = facts.rows;
  part.changes = facts.changes;
  if (part.keys) keys_.merge(*part.keys);
  parts_.push_back(std::move(part));
}

void StatementBatch::take_parameters(std::vector<Parameter>& parameters) {
  for (const auto* arrays : {&deliveries_, &rows_})
    for (const auto& array : *arrays) parameters.emplace_back(braced(array));
  deliveries_.clear();
  rows_.clear();
  keys_.clear();
}

}  // namespace peo::target
