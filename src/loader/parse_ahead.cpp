#include "loader/parse_ahead.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "decode/file_decoder.hpp"
#include "decode/inflate_limit.hpp"
#include "decode/parse.hpp"
#include "loader/manifest_check.hpp"
#include "source/object_reader.hpp"

namespace peo::loader {
namespace {

using std::chrono::steady_clock;

// Batches to reuse; the queue rarely needs more at a time.
constexpr std::size_t most_spares = 4;

}  // namespace

ParseAhead::ParseAhead(source::Source& source, std::vector<Delivery> deliveries, const Columns& columns,
                       ReadOptions options, const Cancellation& stop)
    : source_(source), deliveries_(std::move(deliveries)), options_(std::move(options)), stop_(stop) {
  how_.reserve(deliveries_.size());
  // In the caller's thread: `columns` queries the target, which only that thread may use.
  for (const auto& delivery : deliveries_) how_.push_back(how_to_read(delivery, columns));
  std::vector<ObjectInfo> objects;
  objects.reserve(deliveries_.size());
  for (const auto& delivery : deliveries_) {
    objects.push_back(delivery.object);
    if (delivery.manifest) objects.push_back(*delivery.manifest);
  }
  source_.expect(objects);
  thread_ = std::thread([this] { work(); });
}

ParseAhead::~ParseAhead() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

ParseAhead::SharedOptions ParseAhead::how_to_read(const Delivery& delivery, const Columns& columns) {
  decode::ParseOptions how;
  how.keep_bad_rows = options_.keep_bad_rows;
  how.max_row_bytes = options_.max_row_bytes;
  how.format = options_.format;
  how.drift = options_.schema_drift;
  if (!delivery.tables) {
    auto& shared = how_by_entity_[delivery.entity];
    if (!shared) {
      how.entity = delivery.entity;
      how.columns = columns(delivery.entity);
      how.entries = options_.columns.of(delivery.entity, source_of(delivery).value_or(SourceTable{}).table);
      shared = std::make_shared<const decode::ParseOptions>(std::move(how));
    }
    return shared;
  }
  // The bytes of a transaction file are split among its tables: larger batches keep their number down.
  constexpr auto transaction_batch_bytes = std::size_t{1024} * 1024;
  how.batch_bytes = std::min(transaction_batch_bytes, options_.read_ahead_bytes);
  const auto superseded = [&](const StreamTable& one) {
    return one.snapshot && delivery.name_time <= one.snapshot;
  };
  if (!how_.empty() && how_.back()->tables && deliveries_[how_.size() - 1].tables == delivery.tables &&
      std::ranges::equal(*delivery.tables, *how_.back()->tables, {}, superseded,
                         &decode::ParseTable::superseded)) {
    return how_.back();  // many files share the same tables
  }
  std::vector<decode::ParseTable> tables;
  tables.reserve(delivery.tables->size());
  for (const auto& one : *delivery.tables) {
    auto& table = tables.emplace_back(decode::ParseTable{
        .entity = one.table,
        .schema = one.schema,
        .source = one.source,
        .entries = options_.columns.of(one.table, one.source.value_or(SourceTable{}).table),
        .superseded = superseded(one)});
    try {
      table.columns = columns(one.table);
    } catch (const Error& error) {
      // Files without rows of a refused table are loaded: creating a table must not stop a stream.
      table.refused = error;
    }
  }
  how.tables = std::make_shared<const std::vector<decode::ParseTable>>(std::move(tables));
  return std::make_shared<const decode::ParseOptions>(std::move(how));
}

void ParseAhead::work() {
  parquet::ParquetReader parquet(options_.parquet, stop_);
  for (std::size_t i = 0; i < deliveries_.size(); ++i) {
    try {
      auto how = *how_[i];
      how.kind = deliveries_[i].kind;
      how.loaded_as = deliveries_[i].loaded_as;
      read(deliveries_[i], decode::options_of(deliveries_[i].object, std::move(how)), parquet);
    } catch (...) {
      // The error is queued after the batches: deliveries before it are still applied.
      push({.batch = nullptr, .facts = std::nullopt, .error = std::current_exception(), .bytes = 0});
      return;
    }
    const std::lock_guard lock(mutex_);
    if (ended_) return;
  }
}

void ParseAhead::read(const Delivery& delivery, decode::ParseOptions how, parquet::ParquetReader& parquet) {
  const auto began = steady_clock::now();
  double pushing = 0;
  source::ObjectReader fetch(source_, delivery.object, stop_);
  try {
    const auto decoded = decode::decode_file(delivery.object, fetch, parquet);
    decode::InflateLimit plain(*decoded, options_.max_inflate_ratio);
    how.column_types = [&decoded] { return decoded->column_types(); };
    decode::ChangeParser parser(plain, std::move(how));
    while (true) {
      auto batch = spare();
      if (!parser.next(*batch)) break;
      batch->fetched = decoded->bytes_in();
      const auto pushed_at = steady_clock::now();
      const auto bytes = batch->memory();
      if (!push({.batch = std::move(batch), .facts = std::nullopt, .error = nullptr, .bytes = bytes})) return;
      pushing += std::chrono::duration<double>(steady_clock::now() - pushed_at).count();
    }
    // Before the delivery's end is queued: a mismatch can still roll it back.
    if (delivery.manifest) check_manifest(source_, *delivery.manifest, parser.rows(), stop_);
    FileStats facts;
    facts.rows = parser.rows();
    facts.changes = parser.changes();
    facts.key_updates = parser.key_updates();
    facts.rows_of = parser.rows_of();
    facts.ignored_rows = parser.ignored_rows();
    facts.fetched_bytes = fetch.bytes();
    facts.decompressed_bytes = parser.bytes_out();
    facts.sha256 = fetch.sha256();
    facts.ignored_columns = parser.ignored_columns();
    facts.absent_columns = parser.absent_columns();
    facts.fetch_seconds = fetch.seconds();
    facts.decompress_seconds = parser.seconds_reading() - fetch.seconds();
    // Steps overlap in this thread: parsing gets the rest of the time, without waiting for space in the
    // queue.
    const auto all = std::chrono::duration<double>(steady_clock::now() - began).count();
    facts.parse_seconds = all - parser.seconds_reading() - pushing;
    push({.batch = nullptr, .facts = std::move(facts), .error = nullptr, .bytes = 0});
  } catch (Error& error) {
    error.at({.object_key = source_.full_key(delivery.object.key)});
    throw;
  }
}

std::unique_ptr<decode::ChangeBatch> ParseAhead::spare() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return std::make_unique<decode::ChangeBatch>();
  auto batch = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

bool ParseAhead::push(Item item) {
  std::unique_lock lock(mutex_);
  // One item always fits, so that a single long row can pass.
  changed_.wait(lock, [&] {
    return ended_ || items_.empty() || waiting_bytes_ + item.bytes <= options_.read_ahead_bytes;
  });
  if (ended_) return false;
  waiting_bytes_ += item.bytes;
  items_.push_back(std::move(item));
  changed_.notify_all();
  return true;
}

const decode::ChangeBatch* ParseAhead::next() {
  std::unique_lock lock(mutex_);
  // The caller is done with the batch: its memory is reused.
  if (current_.batch && spare_.size() < most_spares) spare_.push_back(std::move(current_.batch));
  current_ = {};
  changed_.wait(lock, [&] { return !items_.empty(); });
  current_ = std::move(items_.front());
  items_.pop_front();
  waiting_bytes_ -= current_.bytes;
  changed_.notify_all();
  if (current_.error) std::rethrow_exception(current_.error);
  return current_.batch.get();
}

FileStats ParseAhead::finish() { return std::move(current_.facts).value(); }

}  // namespace peo::loader
