// A world in memory for the tests of the loader's decisions: a bucket, a target that records what it is asked
// to do, and a broker. Faults are placed by a file's short name: "orders/LOAD00000001" for
// dbo/orders/LOAD00000001.csv.
//
// What happened is in `journal`, in order: "Direct: orders/LOAD00000001" (a load begins), "commit",
// "pipelined: …", "newer: 1,a", "skip …", "quarantine …", "same bytes …", "publish 1", "mark 1", "open".
#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/liveness.hpp"
#include "loader/loader.hpp"
#include "metrics/metrics.hpp"
#include "notifier/notifier.hpp"
#include "source/source.hpp"
#include "support/pieces.hpp"
#include "target/target.hpp"

namespace peo::loader {

using Journal = std::vector<std::string>;

inline std::string short_name(const std::string& key) { return key.substr(4, key.size() - 8); }
inline std::string key_of(const std::string& name) { return "dbo/" + name + ".csv"; }

inline std::string names_of(std::span<const Delivery> deliveries) {
  std::vector<std::string> names;
  for (const auto& delivery : deliveries) names.push_back(short_name(delivery.object.key));
  return fmt::format("{}", fmt::join(names, " "));
}

inline std::vector<std::string> rows_of(const decode::ChangeBatch& batch) {
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    std::string text;
    for (std::size_t i = 0; i < batch.width; ++i)
      text += (i == 0 ? "" : ",") + std::string(batch.text(batch.row_fields(row)[i]));
    rows.push_back(text);
  }
  return rows;
}

class FakeSource : public source::Source {
 public:
  // The ETag is the number of the writing, so that the same bytes may get another one.
  void put(const std::string& name, const std::string& text) {
    texts_[key_of(name)] = text;
    objects_[key_of(name)] = {key_of(name), fmt::format("etag{}", ++writes_), text.size(), Time{}};
  }
  void remove(const std::string& name) { objects_.erase(key_of(name)); }

  std::set<std::string> ghosts;                            // are listed, but can't be read
  std::set<std::string> refused;                           // the bucket answers 403; "": to everything
  std::map<std::string, std::string> rewritten_when_read;  // once; by key

  std::string describe() const override { return "bucket"; }
  std::string full_key(const std::string& key) const override { return key; }
  source::ListPage list(const source::ListRequest& request) override {
    source::ListPage page;
    std::set<std::string> prefixes;
    for (const auto& [key, object] : objects_) {
      if (!key.starts_with(request.prefix) || key <= request.start_after) continue;
      const auto slash = key.find('/', request.prefix.size());
      if (request.delimited && slash != std::string::npos) {
        prefixes.insert(key.substr(0, slash + 1));
      } else {
        page.objects.push_back(object);
      }
    }
    page.prefixes.assign(prefixes.begin(), prefixes.end());
    return page;
  }
  std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) override {
    if (const auto found = rewritten_when_read.find(object.key); found != rewritten_when_read.end()) {
      put(short_name(object.key), found->second);
      rewritten_when_read.erase(found);
    }
    if (refused.contains("") || refused.contains(short_name(object.key)))
      throw Error::permission("HTTP 403", "").at(Step::Fetch);
    const auto found = objects_.find(object.key);
    if (found == objects_.end() || ghosts.contains(short_name(object.key)))
      throw Error::changed_object("HTTP 404", "");
    if (found == objects_.end() || found->second.etag != object.etag)
      throw Error::changed_object("the object has changed", "");
    return std::make_unique<test::Pieces>(std::string_view(texts_.at(object.key)).substr(offset), 1 << 20);
  }

 private:
  std::map<std::string, ObjectInfo> objects_;
  std::map<std::string, std::string> texts_;
  int writes_ = 0;
};

class FakeLedger : public target::DeliveryLedger {
 public:
  struct Record {
    Delivery delivery;
    std::uint64_t id;
    std::string sha256;
    bool loaded;
  };

  explicit FakeLedger(Journal& journal) : journal_(journal) {}

  std::uint64_t record(const Delivery& delivery, const std::string& sha256, bool loaded) {
    records[delivery.object.key] = {delivery, next_id, sha256, loaded};
    std::erase_if(requests, [&](const auto& one) { return one.object_key == delivery.object.key; });
    return next_id++;
  }
  std::map<std::string, LedgerEntry> find(const std::string& entity,
                                          std::span<const std::string> keys) override {
    std::map<std::string, LedgerEntry> entries;
    for (const auto& key : keys) {
      const auto found = records.find(key);
      if (found == records.end() || found->second.delivery.entity != entity) continue;
      const auto& [delivery, id, sha256, loaded] = found->second;
      entries[key] = {id,
                      delivery.object.etag,
                      delivery.generation,
                      delivery.revision,
                      loaded,
                      sha256,
                      delivery.object.last_modified,
                      loaded};
    }
    return entries;
  }
  std::map<std::string, Quarantined> quarantined() override { return {}; }
  std::map<std::string, EntityState> states(std::span<const std::string> /*entities*/,
                                            std::uint64_t /*look_back_files*/) override {
    std::map<std::string, EntityState> result;
    for (const auto& [key, record] : records) {
      auto& state = result[record.delivery.entity];
      state.generation = std::max(state.generation, record.delivery.generation);
      if (!record.delivery.name_time) continue;
      const Position position{*record.delivery.name_time, key};
      if (state.newest && position < *state.newest) continue;
      state.newest = position;
      state.layout_key = key;
      state.listed_to = position.time;
    }
    return result;
  }
  std::vector<LoadedObject> loaded_after(const std::string& entity, int /*generation*/, const Position& after,
                                         std::size_t /*limit*/) override {
    std::vector<LoadedObject> objects;
    for (const auto& [key, record] : records) {
      const auto& delivery = record.delivery;
      if (delivery.entity != entity || !delivery.name_time || !record.loaded) continue;
      if (Position{*delivery.name_time, key} > after)
        objects.push_back({record.id, entity, delivery.object, *delivery.name_time});
    }
    return objects;
  }
  std::vector<OpenRequest> open_requests() override { return requests; }

  std::uint64_t record_not_loaded(const Delivery& delivery, target::NotLoaded how,
                                  const std::string& /*reason*/) override {
    journal_.push_back((how == target::NotLoaded::Skipped ? "skip " : "quarantine ") +
                       short_name(delivery.object.key));
    return record(delivery, "", false);
  }
  void update_etag(const Delivery& delivery) override {
    journal_.push_back("same bytes " + short_name(delivery.object.key));
    records.at(delivery.object.key).delivery.object.etag = delivery.object.etag;
  }
  void answer(std::uint64_t /*request*/, const std::string& /*answer*/) override {}
  std::optional<Time> last_full_listing() const override { return std::nullopt; }
  void full_listing_done() override {}

  std::map<std::string, Record> records;  // by key
  std::vector<OpenRequest> requests;
  std::uint64_t next_id = 1;

 private:
  Journal& journal_;
};

class FakeOutbox : public target::Outbox {
 public:
  explicit FakeOutbox(Journal& journal) : journal_(journal) {}

  std::uint64_t unsent_count() override { return messages.size(); }
  std::vector<Message> unsent(std::size_t limit) override {
    return {messages.begin(),
            messages.begin() + static_cast<std::ptrdiff_t>(std::min(limit, messages.size()))};
  }
  void mark_published(const std::vector<Message>& published) override {
    if (std::exchange(lose_connection, false)) {
      lost = true;
      throw Error::retry("the connection is lost");
    }
    for (const auto& message : published) {
      journal_.push_back(fmt::format("mark {}", message.delivery_id));
      std::erase_if(messages, [&](const auto& one) { return one.delivery_id == message.delivery_id; });
    }
  }

  std::vector<Message> messages;
  bool lose_connection = false;  // in the next mark_published()
  bool lost = false;

 private:
  Journal& journal_;
};

// Steps 5 and 6 without a database. Every row is a created one.
class FakeLoads : public target::Loads {
 public:
  FakeLoads(Journal& journal, FakeLedger& ledger, FakeOutbox& outbox)
      : journal_(journal), ledger_(ledger), outbox_(outbox) {}

  // Faults, by short name.
  std::map<std::pair<std::string, target::LoadMethod>, target::FallBack::Reason> fall_backs;
  std::set<std::string> bad;              // can't be loaded by any method
  std::map<std::string, Error> fails;     // the same, with this error
  std::set<std::string> not_in_pipeline;  // take() refuses them
  std::set<std::string> failing_in_pipeline;
  std::set<std::string> dropped_by_pipeline;  // once: not committed, for no reason of their own
  std::string lose_reply;                     // once: committed, but the connection is lost
  std::string lose_before_commit;             // once
  std::set<std::string> get_columns;          // the table gets a third column, "more"
  std::size_t pipeline_size = 0;              // 0: no table can be loaded in a pipeline

  std::vector<std::string> rows;  // committed ones
  bool connected = true;

  TableColumns columns(const std::string& /*table*/) const override { return columns_; }
  std::uint64_t next_delivery_id() const override { return ledger_.next_id; }
  std::unique_ptr<target::DeliveryLoad> begin(std::span<const Delivery> group,
                                              target::LoadMethod method) override;
  bool can_pipeline(const std::string& /*table*/) const override { return pipeline_size != 0; }
  std::unique_ptr<target::PipelinedLoads> begin_pipelined() override;
  std::optional<target::Outcome> find_committed(const Delivery& delivery) override {
    const auto found = ledger_.records.find(delivery.object.key);
    if (found == ledger_.records.end() || found->second.delivery.object.etag != delivery.object.etag)
      return std::nullopt;
    return outcome(found->second.id, delivery.entity, 1);
  }

 private:
  class Load;
  class Pipeline;

  [[noreturn]] void lose() {
    connected = false;
    throw Error::retry("the connection is lost");
  }
  static target::Outcome outcome(std::uint64_t id, const std::string& entity, std::uint64_t count) {
    target::Outcome outcome;
    outcome.delivery_id = id;
    outcome.rows_read = count;
    outcome.stats[entity].created = count;
    outcome.message = Message{id, id, std::to_string(id), "subject", "{}"};
    return outcome;
  }
  target::Outcome record(const Delivery& delivery, const FileStats& facts,
                         const std::vector<std::string>& loaded) {
    const auto id = ledger_.record(delivery, facts.sha256, true);
    rows.insert(rows.end(), loaded.begin(), loaded.end());
    auto result = outcome(id, delivery.entity, loaded.size());
    outbox_.messages.push_back(*result.message);
    if (get_columns.contains(short_name(delivery.object.key))) {
      result.added_columns = {{"more", "text"}};
      columns_.push_back({"more"});
    }
    return result;
  }

  TableColumns columns_{{"id", true}, {"name"}};
  Journal& journal_;
  FakeLedger& ledger_;
  FakeOutbox& outbox_;
};

class FakeLoads::Load : public target::DeliveryLoad {
 public:
  Load(FakeLoads& loads, std::span<const Delivery> group, target::LoadMethod method)
      : loads_(loads), group_(group), method_(method), rows_(group.size()), facts_(group.size()) {}

  void add(const decode::ChangeBatch& batch) override {
    const auto name = short_name(group_[at_].object.key);
    if (loads_.bad.contains(name)) throw Error::bad_delivery("a value doesn't fit");
    if (const auto found = loads_.fails.find(name); found != loads_.fails.end()) throw Error(found->second);
    // After the rows were added: what was given up must not be loaded.
    for (auto& row : rows_of(batch)) rows_[at_].push_back(row);
    if (const auto found = loads_.fall_backs.find({name, method_}); found != loads_.fall_backs.end())
      throw target::FallBack{found->second, "the reason of " + name};
  }
  bool begin_newer() override { return true; }
  void add_newer(const decode::ChangeBatch& batch) override {
    for (const auto& row : rows_of(batch)) loads_.journal_.push_back("newer: " + row);
  }
  bool end_newer() override { return true; }
  void end_file(const FileStats& facts) override { facts_[at_++] = facts; }
  std::vector<target::Outcome> commit() override {
    const auto name = short_name(group_.front().object.key);
    if (name == loads_.lose_before_commit) {
      loads_.lose_before_commit.clear();
      loads_.lose();
    }
    std::vector<target::Outcome> outcomes;
    for (std::size_t i = 0; i < group_.size(); ++i)
      outcomes.push_back(loads_.record(group_[i], facts_[i], rows_[i]));
    loads_.journal_.emplace_back("commit");
    if (name == loads_.lose_reply) {
      loads_.lose_reply.clear();
      loads_.lose();
    }
    return outcomes;
  }

 private:
  FakeLoads& loads_;
  std::span<const Delivery> group_;
  target::LoadMethod method_;
  std::size_t at_ = 0;
  std::vector<std::vector<std::string>> rows_;
  std::vector<FileStats> facts_;
};

class FakeLoads::Pipeline : public target::PipelinedLoads {
 public:
  explicit Pipeline(FakeLoads& loads) : loads_(loads) {}

  bool take(const Delivery& delivery, const decode::ChangeBatch* batch) override {
    if (loads_.not_in_pipeline.contains(short_name(delivery.object.key))) return false;
    taken_ = {delivery, {}, batch == nullptr ? std::vector<std::string>{} : rows_of(*batch)};
    return true;
  }
  void send(const FileStats& facts) override {
    taken_.facts = facts;
    sent_.push_back(taken_);
  }
  bool full() const override { return sent_.size() >= loads_.pipeline_size; }
  Result commit() override {
    Result result;
    std::vector<std::string> names;
    for (const auto& [delivery, facts, rows] : sent_) {
      const auto name = short_name(delivery.object.key);
      if (loads_.dropped_by_pipeline.erase(name) != 0) break;
      if (loads_.failing_in_pipeline.contains(name)) {
        result.failed = Error::bad_delivery("it fails");
        break;
      }
      result.outcomes.push_back(loads_.record(delivery, facts, rows));
      names.push_back(name);
    }
    loads_.journal_.push_back(fmt::format("pipelined: {}", fmt::join(names, " ")));
    if (!names.empty() && names.back() == loads_.lose_reply) {
      loads_.lose_reply.clear();
      loads_.lose();
    }
    return result;
  }

 private:
  struct Sent {
    Delivery delivery;
    FileStats facts;
    std::vector<std::string> rows;
  };
  FakeLoads& loads_;
  Sent taken_{};
  std::vector<Sent> sent_;
};

inline std::unique_ptr<target::DeliveryLoad> FakeLoads::begin(std::span<const Delivery> group,
                                                              target::LoadMethod method) {
  constexpr std::array words{"Direct", "DirectAlone", "DirectText",     "Compacted",
                             "Staged", "StagedText",  "StagedTogether", "StagedRows"};
  journal_.push_back(fmt::format("{}: {}", words.at(static_cast<std::size_t>(method)), names_of(group)));
  return std::make_unique<Load>(*this, group, method);
}

inline std::unique_ptr<target::PipelinedLoads> FakeLoads::begin_pipelined() {
  return std::make_unique<Pipeline>(*this);
}

class FakeTarget : public target::Target {
 public:
  explicit FakeTarget(Journal& journal)
      : ledger_(journal), outbox_(journal), loads_(journal, ledger_, outbox_), journal_(journal) {}

  void open() override {
    if (!connected()) journal_.emplace_back("open again");
    loads_.connected = true;
    outbox_.lost = false;
  }
  bool persists() const override { return persists_; }
  bool connected() const override { return loads_.connected && !outbox_.lost; }
  std::vector<std::string> tables() const override { return {"executions", "orders"}; }
  std::map<std::string, Error> refused_tables() const override { return refused; }
  FakeLoads& loads() override { return loads_; }
  FakeLedger& ledger() override { return ledger_; }
  FakeOutbox& outbox() override { return outbox_; }

  bool persists_ = true;
  std::map<std::string, Error> refused;

 private:
  FakeLedger ledger_;
  FakeOutbox outbox_;
  FakeLoads loads_;
  Journal& journal_;
};

class FakeNotifier : public notifier::Notifier {
 public:
  explicit FakeNotifier(Journal& journal) : journal_(journal) {}
  std::string describe() const override { return "broker"; }
  std::string check(const std::string& /*subject*/) override { return ""; }

  bool away = false;
  std::uint64_t fails_at = 0;  // the delivery whose message is not acknowledged

 protected:
  void send(std::span<const Message> messages, const notifier::Acknowledged& acknowledged) override {
    if (away) throw Error::retry("the broker is away");
    for (const auto& message : messages) {
      if (message.delivery_id == fails_at) throw Error::retry("the broker's stream is full");
      journal_.push_back(fmt::format("publish {}", message.delivery_id));
      acknowledged({&message, 1});
    }
  }

 private:
  Journal& journal_;
};

// Runs the loader once over the bucket, as often as a test wants. Nothing is published unless it is asked
// for.
class LoaderTest : public ::testing::Test {
 protected:
  LoaderTest() {
    options.notifications = false;
    options.retry_time = std::chrono::seconds(5);
    options.discover.reload_settle = std::chrono::seconds(0);
  }
  ExitCode run() {
    journal.clear();
    ::testing::internal::CaptureStderr();
    const auto code = Loader(source, target, notifier, metrics, stop, liveness, options).run();
    log = ::testing::internal::GetCapturedStderr();
    return code;
  }
  std::size_t logged(const std::string& text) const {
    std::size_t count = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }

  Journal journal;
  FakeSource source;
  FakeTarget target{journal};
  FakeLoads& loads = target.loads();
  FakeNotifier notifier{journal};
  metrics::Metrics metrics{"test"};
  Cancellation stop;
  Liveness liveness;
  LoaderOptions options;
  std::string log;  // of the last run
};

// Change files of 22 September 2022, by their hour.
inline std::string at_hour(const std::string& entity, int hour) {
  return fmt::format("{}/20220922-{:02}0000000", entity, hour);
}
inline std::string full_load(const std::string& entity, int number) {
  return fmt::format("{}/LOAD{:08X}", entity, number);
}

}  // namespace peo::loader
