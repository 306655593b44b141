// Discovery finds the files that are due, in order, and classifies the late, rewritten and unknown ones.
#include "source/discover.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"

namespace peo::source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// A bucket in memory that lists as S3 does and counts its requests.
class Bucket : public Source {
 public:
  std::map<std::string, ObjectInfo> objects;
  int lists = 0;
  std::vector<ListRequest> expected;  // and not yet listed
  std::set<std::string> refused;      // prefixes that can't be listed
  void expect_pages(const std::vector<ListRequest>& requests) override { expected = requests; }
  std::size_t page_size = 1000;

  void put(const std::string& key, Time modified = {}, const std::string& etag = "e") {
    objects[key] = {key, etag, 10, modified};
  }
  std::string describe() const override { return "bucket"; }
  std::string full_key(const std::string& key) const override { return "data/" + key; }
  std::unique_ptr<ByteStream> open(const ObjectInfo&, std::uint64_t) override { return nullptr; }
  ListPage list(const ListRequest& request) override {
    ++lists;
    std::erase(expected, request);
    if (refused.contains(request.prefix)) throw Error::permission("HTTP 403 AccessDenied", "Allow it.");
    ListPage page;
    auto from = std::max({request.prefix, request.start_after, request.continuation});
    for (auto it = objects.lower_bound(from); it != objects.end(); ++it) {
      const auto& key = it->first;
      if (!key.starts_with(request.prefix)) break;
      if (key == request.start_after || key == request.continuation) continue;
      std::string prefix;
      if (request.delimited) {
        const auto slash = key.find('/', request.prefix.size());
        if (slash != std::string::npos) prefix = key.substr(0, slash + 1);
      }
      if (!prefix.empty() && (prefix == last_folder(page) || request.continuation.starts_with(prefix)))
        continue;
      if (page.objects.size() + page.prefixes.size() == page_size) {
        page.next = std::prev(it)->first;
        break;
      }
      if (prefix.empty()) {
        page.objects.push_back(it->second);
      } else {
        page.prefixes.push_back(prefix);
      }
    }
    return page;
  }

 private:
  static std::string last_folder(const ListPage& page) {
    return page.prefixes.empty() ? "" : page.prefixes.back();
  }
};

// A ledger in memory, of what a loader would have written.
class Records : public Ledger {
 public:
  std::map<std::string, Delivery> in;
  int asked = 0;

  void load(const std::vector<Delivery>& deliveries) {
    for (const auto& delivery : deliveries) in[delivery.object.key] = delivery;
  }
  std::map<std::string, LedgerEntry> find(const std::string& entity,
                                          std::span<const std::string> keys) override {
    ++asked;
    std::map<std::string, LedgerEntry> entries;
    for (const auto& key : keys) {
      const auto found = in.find(key);
      if (found == in.end() || found->second.entity != entity) continue;
      const auto& delivery = found->second;
      entries[key] = {1,
                      delivery.object.etag,
                      delivery.generation,
                      delivery.revision,
                      !unloaded.contains(key),
                      "sha of " + key,
                      delivery.object.last_modified,
                      !unloaded.contains(key)};
    }
    return entries;
  }
  std::map<std::string, EntityState> states(std::span<const std::string> /*entities*/,
                                            std::uint64_t look_back_files) override {
    std::map<std::string, EntityState> result;
    for (const auto& [key, delivery] : in) {
      auto& state = result[delivery.entity];
      if (delivery.kind == DeliveryKind::FullLoad)
        state.generation = std::max(state.generation, delivery.generation);
    }
    for (auto& [entity, state] : result) {
      std::vector<Position> loaded;
      std::vector<Position> credible;  // objects without LastModified count as written in time
      std::vector<Position> of_any_generation;
      for (const auto& [key, delivery] : in) {
        if (delivery.entity != entity) continue;
        if (!delivery.name_time) {
          if (state.generation == 1 || delivery.generation != state.generation) continue;
          const auto written = delivery.object.last_modified;
          state.snapshot = std::min(state.snapshot.value_or(written), written);
          continue;
        }
        const Position position{*delivery.name_time, key};
        const auto written = delivery.object.last_modified;
        const bool current = delivery.generation == state.generation;
        if (current && !unloaded.contains(key)) loaded.push_back(position);
        if (written != Time{} && !is_credible(position.time, written)) continue;
        of_any_generation.push_back(position);
        if (current) credible.push_back(position);
      }
      std::sort(credible.rbegin(), credible.rend());
      if (!of_any_generation.empty()) state.layout_key = std::ranges::max(of_any_generation).key;
      if (!loaded.empty()) state.newest = std::ranges::max(loaded);
      if (!loaded.empty()) state.loaded_key = state.newest->key;
      if (!credible.empty()) state.listed_to = credible[0].time;
      if (look_back_files <= credible.size()) state.look_back_to = credible[look_back_files - 1].time;
    }
    for (const auto& [entity, time] : carried) result[entity].newest_carried = time;
    return result;
  }
  std::vector<LoadedObject> loaded_after(const std::string&, int, const Position&, std::size_t) override {
    return {};
  }
  std::vector<OpenRequest> open_requests() override { return requests; }
  std::set<std::string> unloaded;       // skipped or quarantined
  std::map<std::string, Time> carried;  // by entity: the newest transaction file with rows of it
  std::vector<OpenRequest> requests;
};

std::vector<std::string> keys(const Discovered& found) {
  std::vector<std::string> list;
  for (const auto& delivery : found.due) list.push_back(delivery.object.key);
  return list;
}

const std::vector<std::string> tables = {"executions", "orders"};

class DiscoverTest : public ::testing::Test {
 protected:
  Bucket bucket;
  Records ledger;
  DiscoverOptions options;
  Discovered round(bool full = false) { return Discover(bucket, ledger, options).round(tables, full); }
};

TEST_F(DiscoverTest, LoadsBeforeChangesEachInTheirOrder) {
  for (const auto* key : {"dbo/orders/20220922-095853123.csv.gz", "dbo/orders/20220921-235959999.csv.gz",
                          "dbo/orders/LOAD00000002.csv.gz", "dbo/orders/LOAD0000000A.csv.gz",
                          "dbo/orders/LOAD00000001.csv.gz", "dbo/orders/LOAD00000009.csv.gz"}) {
    bucket.put(key);
  }
  EXPECT_THAT(keys(round()),
              ElementsAre("dbo/orders/LOAD00000001.csv.gz", "dbo/orders/LOAD00000002.csv.gz",
                          "dbo/orders/LOAD00000009.csv.gz", "dbo/orders/LOAD0000000A.csv.gz",
                          "dbo/orders/20220921-235959999.csv.gz", "dbo/orders/20220922-095853123.csv.gz"));
}

TEST_F(DiscoverTest, EntitiesAreMergedByTime) {
  const auto at = [](int hour) {
    return Time(std::chrono::sys_days(std::chrono::year(2022) / 9 / 22)) + std::chrono::hours(hour);
  };
  bucket.put("dbo/orders/LOAD00000001.csv.gz", at(2));
  bucket.put("dbo/executions/LOAD00000001.csv.gz", at(1));
  bucket.put("dbo/orders/20220922-050000000.csv.gz", at(9));
  bucket.put("dbo/executions/20220922-040000000.csv.gz", at(9));
  bucket.put("dbo/executions/20220922-060000000.csv.gz", at(9));
  EXPECT_THAT(keys(round()),
              ElementsAre("dbo/executions/LOAD00000001.csv.gz", "dbo/orders/LOAD00000001.csv.gz",
                          "dbo/executions/20220922-040000000.csv.gz", "dbo/orders/20220922-050000000.csv.gz",
                          "dbo/executions/20220922-060000000.csv.gz"));
}

TEST_F(DiscoverTest, DateFoldersAreOrderedByTheName) {
  bucket.put("dbo/orders/10/2021/02/20211002-010101001.csv.gz");
  bucket.put("dbo/orders/09/2022/22/20220922-010101001.csv.gz");
  bucket.put("dbo/orders/09/2021/30/20210930-010101001.csv.gz");
  EXPECT_THAT(keys(round()), ElementsAre("dbo/orders/09/2021/30/20210930-010101001.csv.gz",
                                         "dbo/orders/10/2021/02/20211002-010101001.csv.gz",
                                         "dbo/orders/09/2022/22/20220922-010101001.csv.gz"));
}

TEST_F(DiscoverTest, WhatIsNotOursIsLeftAloneAndCounted) {
  bucket.put("dbo/orders/");
  bucket.put("dbo/orders/readme.txt");
  bucket.put("dbo/orders/processed/20220922-095853123.csv.gz");
  bucket.put("dbo/awsdms_status/LOAD00000001.csv.gz");
  bucket.put("dbo/customers/LOAD00000001.csv.gz");
  bucket.put("stray.csv");
  const auto found = round();
  EXPECT_THAT(found.due, IsEmpty());
  EXPECT_EQ(found.ignored.at(Ignored::UnknownFile), 3U);
  EXPECT_EQ(found.ignored.at(Ignored::ControlTable), 1U);
  EXPECT_EQ(found.ignored.at(Ignored::UnknownTable), 1U);
  EXPECT_EQ(found.ignored.at(Ignored::FolderMarker), 1U);
}

TEST_F(DiscoverTest, FoldersMatchTablesWithoutRegardToCase) {
  bucket.put("DBO/ORDERS/LOAD00000001.csv.gz");
  const auto found = round();
  ASSERT_EQ(found.due.size(), 1U);
  EXPECT_EQ(found.due[0].entity, "orders");
  EXPECT_EQ(found.due[0].schema, "DBO");
}

// Rows of several sources would overwrite each other: the table is held, with all of them named, and the
// others go on.
TEST_F(DiscoverTest, FoldersThatClaimOneTable) {
  for (const auto* prefix : {"DBO/ORDERS", "dbo/orders", "other/orders", "dbo/executions"})
    bucket.put(std::string(prefix) + "/LOAD00000001.csv.gz");
  const auto found = round();
  ASSERT_EQ(found.due.size(), 1U);
  EXPECT_EQ(found.due[0].entity, "executions");
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].entity, "orders");
  EXPECT_EQ(found.held[0].exit_code, ExitCode::Configuration);
  EXPECT_EQ(found.held[0].reason,
            "3 prefixes match table orders: data/DBO/ORDERS/, data/dbo/orders/, data/other/orders/");
}

TEST_F(DiscoverTest, APrefixThatCantBeListedHoldsItsTable) {
  bucket.put("dbo/executions/20220922-010000000.csv.gz");
  bucket.put("dbo/orders/20220922-010000000.csv.gz");
  bucket.refused = {"dbo/orders/"};
  auto found = round();
  EXPECT_THAT(keys(found), ElementsAre("dbo/executions/20220922-010000000.csv.gz"));
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].entity, "orders");
  EXPECT_EQ(found.held[0].reason, "HTTP 403 AccessDenied");
  EXPECT_EQ(found.held[0].exit_code, ExitCode::PermissionDenied);
  // Also when only this table is listed, as for an event.
  const auto of_orders = [&] {
    return Discover(bucket, ledger, options)
        .round(tables, Scope{.all = false, .prefixes = {"dbo/orders/20220922-020000000.csv.gz"}});
  };
  found = of_orders();
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].entity, "orders");
  // Missing for all tables, or for the bucket, the permission isn't a table's problem.
  bucket.refused.insert("dbo/executions/");
  EXPECT_THROW(round(), Error);
  bucket.refused = {"", "dbo/orders/"};
  EXPECT_THROW(of_orders(), Error);
}

TEST_F(DiscoverTest, ASchemaThatCantBeListedHoldsTheTablesBelowIt) {
  bucket.put("dbo/orders/20220922-010000000.csv.gz");
  bucket.put("web/executions/20220922-010000000.csv.gz");
  ledger.load(round().due);
  bucket.put("dbo/orders/20220922-020000000.csv.gz");
  bucket.put("lost+found/x");
  bucket.refused = {"web/", "lost+found/"};
  const auto found = round();
  EXPECT_THAT(keys(found), ElementsAre("dbo/orders/20220922-020000000.csv.gz"));
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].entity, "executions");
  EXPECT_THAT(found.unmatched, ElementsAre("lost+found/"));  // never loaded, so its tables aren't known
  bucket.refused.insert("dbo/");
  EXPECT_THROW(round(), Error);
}

TEST_F(DiscoverTest, CommentsGiveFoldersTheirTables) {
  for (const auto* prefix : {"dbo/orders", "Web/Orders", "dbo/OrderLines", "dbo/lines"})
    bucket.put(std::string(prefix) + "/LOAD00000001.csv.gz");
  bucket.put("cdc/CDC_TXN-20220922095853123.csv");
  options.transactions = "cdc/";
  const TableNames named(
      {"lines", "orders", "web_orders", "far"},
      {{"lines", {"", "OrderLines"}}, {"web_orders", {"web", "orders"}}, {"far", {"a", "b"}}});
  const auto found = Discover(bucket, ledger, options).round(named, false);
  std::map<std::string, std::string> keys;
  for (const auto& delivery : found.due) keys[delivery.entity] = delivery.object.key;
  EXPECT_THAT(keys, ElementsAre(Pair("lines", "dbo/OrderLines/LOAD00000001.csv.gz"),
                                Pair("orders", "dbo/orders/LOAD00000001.csv.gz"),
                                Pair("web_orders", "Web/Orders/LOAD00000001.csv.gz")));
  EXPECT_THAT(found.held, IsEmpty());
  EXPECT_THAT(found.unmatched, ElementsAre("dbo/lines/"));
}

TEST_F(DiscoverTest, OnlyWhatTheLedgerLacksIsDue) {
  bucket.put("dbo/orders/LOAD00000001.csv.gz");
  bucket.put("dbo/orders/20220922-095853123.csv.gz");
  ledger.load(round().due);
  EXPECT_THAT(round().due, IsEmpty());
  bucket.put("dbo/orders/20220922-100000000.csv.gz");
  bucket.put("dbo/orders/LOAD00000002.csv.gz");
  const auto found = round();
  EXPECT_THAT(keys(found),
              ElementsAre("dbo/orders/LOAD00000002.csv.gz", "dbo/orders/20220922-100000000.csv.gz"));
  EXPECT_EQ(found.backlog.at("orders").files, 2U);
  EXPECT_EQ(found.backlog.at("orders").bytes, 20U);
}

TEST_F(DiscoverTest, LateAndRewrittenFilesAreOfferedAsWhatTheyAre) {
  bucket.put("dbo/orders/20220922-095853123.csv.gz");
  ledger.load(round().due);
  bucket.put("dbo/orders/20220922-093000000.csv.gz");
  bucket.put("dbo/orders/20220922-110000000.csv.gz");
  bucket.put("dbo/orders/20220922-095853123.csv.gz", {}, "other");
  const auto due = round().due;
  ASSERT_EQ(due.size(), 3U);
  EXPECT_EQ(due[0].arrival, Arrival::Late);
  EXPECT_EQ(due[1].arrival, Arrival::Rewritten);
  EXPECT_EQ(due[1].revision, 2);
  EXPECT_EQ(due[1].previous_sha256, "sha of dbo/orders/20220922-095853123.csv.gz");
  EXPECT_EQ(due[2].arrival, Arrival::InOrder);
  EXPECT_EQ(due[2].revision, 1);
}

// --- Names that can't be those of the file's time ---

Time day_of(int year, int month, int day) {
  return std::chrono::sys_days(std::chrono::year(year) / month / day);
}

// One file of the year 9999 must not hide all others until the next full listing.
TEST_F(DiscoverTest, NameOfTheFutureDoesNotHideLaterFiles) {
  bucket.put("dbo/orders/20220922-095853123.csv.gz", day_of(2022, 9, 22));
  bucket.put("dbo/orders/99991231-235959999.csv.gz", day_of(2022, 9, 22));
  ledger.load(round().due);
  EXPECT_THAT(round().due, IsEmpty());
  bucket.put("dbo/orders/20220922-120000000.csv.gz", day_of(2022, 9, 22));
  const auto found = round();
  ASSERT_THAT(keys(found), ElementsAre("dbo/orders/20220922-120000000.csv.gz"));
  EXPECT_EQ(found.due[0].arrival, Arrival::Late);
  // Once it is skipped, it isn't what others are late to.
  ledger.unloaded.insert("dbo/orders/99991231-235959999.csv.gz");
  EXPECT_EQ(round().due.at(0).arrival, Arrival::InOrder);
}

TEST_F(DiscoverTest, WithoutACredibleNameAllIsListed) {
  bucket.put("dbo/orders/99991231-235959999.csv.gz", day_of(2022, 9, 22));
  ledger.load(round().due);
  bucket.put("dbo/orders/20220922-120000000.csv.gz", day_of(2022, 9, 22));
  EXPECT_THAT(keys(round()), ElementsAre("dbo/orders/20220922-120000000.csv.gz"));
}

// A writer whose names are in the time of its own zone is up to 14 hours ahead.
TEST_F(DiscoverTest, NameOfAnotherZoneStillMovesTheListing) {
  for (int i = 0; i < 9; ++i)
    bucket.put(fmt::format("dbo/orders/2022092{}-130000000.csv.gz", i + 1), day_of(2022, 9, 21 + i));
  ledger.load(round().due);
  bucket.put("dbo/orders/20220901-000000000.csv.gz", day_of(2022, 9, 30));
  EXPECT_THAT(round().due, IsEmpty());  // outside of the look-back window: a full listing finds it
  EXPECT_EQ(round(true).due.size(), 1U);
}

TEST_F(DiscoverTest, NamesOfAllYearsAreTimes) {
  bucket.put("dbo/orders/00000101-000000000.csv.gz", day_of(2022, 9, 22));
  bucket.put("dbo/orders/00010101-000000000.csv.gz", day_of(2022, 9, 22));
  bucket.put("dbo/orders/99991231-235959999.csv.gz", day_of(2022, 9, 22));
  const auto found = round();
  EXPECT_THAT(keys(found),
              ElementsAre("dbo/orders/00010101-000000000.csv.gz", "dbo/orders/99991231-235959999.csv.gz"));
  EXPECT_EQ(found.ignored.at(Ignored::UnknownFile), 1U);  // PostgreSQL has no year 0
  EXPECT_EQ(*found.due[0].name_time, day_of(1, 1, 1));
  ledger.load({found.due[0]});
  bucket.put("dbo/orders/00010101-000000001.csv.gz", day_of(2022, 9, 22));
  EXPECT_EQ(round().due.size(), 2U);
}

// --- Transaction files ---

const Time new_year = std::chrono::sys_days(std::chrono::year(2022) / 1 / 1);

class TransactionFiles : public DiscoverTest {
 protected:
  void SetUp() override { options.transactions = "cdc/"; }
  static std::string name(int second) {
    return fmt::format("cdc/CDC_TXN-20220101{:02}{:02}{:02}000.csv", second / 3600, second / 60 % 60,
                       second % 60);
  }
};

TEST_F(TransactionFiles, AreOneEntityThatCarriesTheTables) {
  bucket.put(name(2));
  bucket.put(name(1));
  bucket.put("cdc/LOAD00000001.csv");
  bucket.put("cdc/20220922-095853123.csv");
  bucket.put("cdc/CDC_TXN-2022.csv");
  bucket.put("DBO/orders/" + name(3).substr(4));
  const auto found = round();
  EXPECT_THAT(keys(found), ElementsAre(name(1), name(2)));
  for (const auto& delivery : found.due) {
    EXPECT_EQ(delivery.entity, "cdc/");
    EXPECT_EQ(delivery.schema, "cdc");
    EXPECT_EQ(delivery.kind, DeliveryKind::Change);
    ASSERT_TRUE(delivery.tables);
    ASSERT_EQ(delivery.tables->size(), 2U);
    EXPECT_EQ((*delivery.tables)[0].schema, "");
    EXPECT_EQ((*delivery.tables)[1].table, "orders");
    EXPECT_EQ((*delivery.tables)[1].schema, "DBO");
  }
  EXPECT_EQ(found.ignored.at(Ignored::UnknownFile), 4U);
  EXPECT_EQ(found.backlog.at("cdc/").files, 2U);
}

TEST_F(TransactionFiles, LieInAnyFolder) {
  for (const auto* prefix : {"changes/of/all/", "dbo/cdc/"}) {
    options.transactions = prefix;
    bucket.objects.clear();
    bucket.put("dbo/orders/20220101-000001000.csv");
    bucket.put(prefix + name(1).substr(4));
    const auto found = round();
    EXPECT_EQ(found.due.size(), 2U) << prefix;
    EXPECT_THAT(found.ignored, IsEmpty()) << prefix;
  }
}

TEST_F(TransactionFiles, WaitForTheFullLoadsThatAreListed) {
  bucket.put(name(1));
  bucket.put("dbo/orders/LOAD00000001.csv");
  bucket.put("dbo/executions/20220101-000000500.csv");
  const auto first = round();
  EXPECT_THAT(keys(first),
              ElementsAre("dbo/orders/LOAD00000001.csv", "dbo/executions/20220101-000000500.csv"));
  EXPECT_THAT(first.waiting.at("cdc/"), HasSubstr("orders"));
  EXPECT_EQ(first.backlog.at("cdc/").files, 1U);
  ledger.load(first.due);
  EXPECT_THAT(keys(round()), ElementsAre(name(1)));
}

// Those of a full load that is being written again too, and of one that can't be taken.
TEST_F(TransactionFiles, WaitForReloads) {
  bucket.put("dbo/orders/LOAD00000001.csv", new_year);
  ledger.load(round().due);
  bucket.put("dbo/orders/LOAD00000001.csv", now(), "other");
  bucket.put(name(1));
  auto found = round();
  EXPECT_THAT(found.due, IsEmpty());
  EXPECT_THAT(found.waiting.at("cdc/"), HasSubstr("orders"));
  bucket.put("dbo/orders/LOAD00000001.csv", new_year + std::chrono::hours(1), "other");
  found = round();
  ASSERT_EQ(found.due.size(), 1U);
  EXPECT_EQ(found.due[0].arrival, Arrival::Reload);
  // What is in of the reload's table is newer than the reload.
  ledger.carried["orders"] = new_year + std::chrono::hours(2);
  found = round();
  EXPECT_THAT(found.due, IsEmpty());
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].entity, "orders");
  EXPECT_THAT(found.held[0].reason, HasSubstr("transaction file"));
  EXPECT_TRUE(found.waiting.contains("cdc/"));
}

TEST_F(TransactionFiles, LeaveOutWhatAReloadHolds) {
  bucket.put("dbo/orders/LOAD00000001.csv", new_year);
  ledger.load(round().due);
  bucket.put("dbo/orders/LOAD00000001.csv", new_year + std::chrono::hours(1), "other");
  ledger.load(round().due);
  bucket.put(name(1));
  const auto found = round();
  ASSERT_EQ(found.due.size(), 1U);
  EXPECT_EQ(found.due[0].tables->at(1).snapshot, new_year + std::chrono::hours(1));
  EXPECT_EQ(found.due[0].tables->at(0).snapshot, std::nullopt);
}

TEST_F(TransactionFiles, MakeALaterFullLoadFileLate) {
  bucket.put("dbo/orders/LOAD00000001.csv");
  bucket.put("dbo/executions/LOAD00000001.csv");
  ledger.load(round().due);
  bucket.put(name(1));
  ledger.load(round().due);
  ledger.carried["orders"] = new_year + std::chrono::seconds(1);
  bucket.put("dbo/orders/LOAD00000002.csv");
  bucket.put("dbo/orders/20220101-000000500.csv");
  bucket.put("dbo/executions/LOAD00000002.csv");
  const auto due = round().due;
  ASSERT_EQ(due.size(), 3U);
  for (const auto& delivery : due)
    EXPECT_EQ(delivery.arrival, delivery.entity == "orders" ? Arrival::Late : Arrival::InOrder)
        << delivery.object.key;
}

TEST_F(TransactionFiles, LateAndRewrittenOnesAreOfferedAsWhatTheyAre) {
  bucket.put(name(2));
  ledger.load(round().due);
  bucket.put(name(1));
  bucket.put(name(2), {}, "other");
  bucket.put(name(3));
  const auto due = round().due;
  ASSERT_EQ(due.size(), 3U);
  EXPECT_EQ(due[0].arrival, Arrival::Late);
  EXPECT_EQ(due[1].arrival, Arrival::Rewritten);
  EXPECT_EQ(due[2].arrival, Arrival::InOrder);
}

TEST_F(TransactionFiles, AnIdlePollCostsTheSameHoweverManyThereAre) {
  bucket.put("dbo/orders/LOAD00000001.csv");
  const auto cost_with = [&](int files) {
    for (int i = 0; i < files; ++i) bucket.put(name(60 * i));
    for (auto found = round(); !found.due.empty(); found = round()) ledger.load(found.due);
    bucket.lists = 0;
    EXPECT_THAT(round().due, IsEmpty());
    return bucket.lists;
  };
  options.look_back_files = 5;
  bucket.page_size = 10;
  const auto cost = cost_with(20);
  EXPECT_EQ(cost_with(1000), cost);
}

// Files of one name, in two prefixes: the key decides, and the second is not late.
TEST_F(DiscoverTest, TheSameNameInTwoFolders) {
  bucket.put("dbo/orders/2022/09/22/20220922-235959999.csv.gz");
  ledger.load(round().due);
  bucket.put("dbo/orders/2022/09/23/20220922-235959999.csv.gz");
  const auto due = round().due;
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].arrival, Arrival::InOrder);
}

TEST_F(DiscoverTest, AQuarantinedObjectThatWasRepairedIsOfferedAgain) {
  bucket.put("dbo/orders/20220922-095853123.csv.gz");
  ledger.load(round().due);
  ledger.unloaded.insert("dbo/orders/20220922-095853123.csv.gz");
  EXPECT_THAT(round().due, IsEmpty());
  bucket.put("dbo/orders/20220922-095853123.csv.gz", {}, "repaired");
  const auto due = round().due;
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].arrival, Arrival::InOrder);
  EXPECT_EQ(due[0].revision, 2);
}

// A manifest (Qlik's X.dfm) goes with its file, also where a page of the listing ends between the two.
TEST_F(DiscoverTest, ManifestsGoWithTheirFiles) {
  for (const auto* stem :
       {"LOAD00000001", "LOAD00000002", "20220922-095853123", "2022/09/23/20220923-000000001"})
    bucket.put(fmt::format("dbo/orders/{}.csv.gz", stem));
  const auto without = round();
  const auto lists = bucket.lists;
  for (const auto& delivery : without.due) EXPECT_FALSE(delivery.manifest);
  for (const auto* stem : {"LOAD00000001", "20220922-095853123", "2022/09/23/20220923-000000001"})
    bucket.put(fmt::format("dbo/orders/{}.dfm", stem));
  bucket.put("dbo/orders/20220922-095853124.dfm");  // its file is not there
  bucket.lists = 0;
  EXPECT_EQ(keys(round()), keys(without));
  EXPECT_EQ(bucket.lists, lists);
  for (bucket.page_size = 1; bucket.page_size < 9; ++bucket.page_size) {
    const auto found = round();
    ASSERT_EQ(keys(found), keys(without)) << bucket.page_size;
    EXPECT_EQ(found.ignored.at(Ignored::UnknownFile), 1U);
    for (const auto& delivery : found.due) {
      const auto& key = delivery.object.key;
      ASSERT_EQ(delivery.manifest.has_value(), !key.ends_with("2.csv.gz")) << key << " " << bucket.page_size;
      if (!delivery.manifest) continue;
      EXPECT_EQ(delivery.manifest->key, key.substr(0, key.find('.')) + ".dfm");
    }
  }
}

// --- A zone for the times in names: in 2022, Berlin's clocks showed 2 to 3 twice on October 30 ---

class ZoneTest : public DiscoverTest {
 protected:
  static Time at(int hour, int minute) {
    return Time(std::chrono::sys_days(std::chrono::year(2022) / 10 / 30)) + std::chrono::hours(hour) +
           std::chrono::minutes(minute);
  }
  static std::string key(const std::string& clock) { return "dbo/orders/20221030-" + clock + "00000.csv.gz"; }
  // Named by Berlin's clock, and written at once.
  void put(const std::string& clock, int hour, int minute) { bucket.put(key(clock), at(hour, minute)); }
  void SetUp() override {
    options.names_zone = std::make_shared<const TimeZone>(*TimeZone::named("Europe/Berlin"));
    options.look_back = std::chrono::seconds(60);
  }
};

TEST_F(ZoneTest, TheHourThatRepeatsIsInItsOrder) {
  put("0250", 0, 50);
  put("0210", 1, 10);
  put("0150", 23 - 24, 50);
  put("0310", 2, 10);
  const auto due = round().due;
  EXPECT_THAT(keys(round()), ElementsAre(key("0150"), key("0250"), key("0210"), key("0310")));
  ASSERT_EQ(due.size(), 4U);
  EXPECT_EQ(due[1].name_time, at(0, 50));
  EXPECT_EQ(due[2].name_time, at(1, 10));
  for (const auto& delivery : due) EXPECT_EQ(delivery.arrival, Arrival::InOrder);
}

// The names go back, the listing sees them all the same.
TEST_F(ZoneTest, FileByFileNothingIsLateOrMissed) {
  for (int minute = -60; minute < 240; minute += 10) {
    const auto second = minute >= 60 ? 1 : 0;  // so that no name comes twice
    const auto local = minute + (second == 0 ? 120 : 60);
    put(fmt::format("{:02}{:02}", local / 60, local % 60 + second), 0, minute + second);
    const auto due = round().due;
    ASSERT_EQ(due.size(), 1U) << minute;
    EXPECT_EQ(due[0].name_time, at(0, minute + second));
    EXPECT_EQ(due[0].arrival, Arrival::InOrder) << minute;
    ledger.load(due);
  }
}

TEST_F(ZoneTest, WhatWasCopiedLaterCanNotBePlaced) {
  put("0150", 23 - 24, 50);
  put("0210", 1, 10);
  put("0220", 5, 0);
  auto found = round();
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].object_key, key("0220"));
  EXPECT_THAT(found.held[0].reason, HasSubstr("repeats"));
  ledger.requests = {{{.id = 7, .verb = Request::Verb::Replay, .reason = ""}, key("0220")}};
  found = round();
  EXPECT_THAT(found.held, IsEmpty());
  ledger.load(found.due);
  ledger.requests.clear();
  // What is in is not looked at again, whenever it was copied.
  put("0210", 9, 0);
  EXPECT_THAT(round(true).held, IsEmpty());
}

TEST_F(ZoneTest, DateFoldersAreTheZonesToo) {
  bucket.put(
      "dbo/orders/2022/07/01/20220701-003000000.csv.gz",
      Time(std::chrono::sys_days(std::chrono::year(2022) / 6 / 30)) + std::chrono::minutes(22 * 60 + 31));
  auto due = round().due;
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].name_time, Time(std::chrono::sys_days(std::chrono::year(2022) / 6 / 30)) +
                                  std::chrono::minutes(22 * 60 + 30));
  ledger.load(due);
  bucket.put("dbo/orders/2022/07/01/20220701-003100000.csv.gz");
  EXPECT_EQ(round().due.size(), 1U);
}

// --- Reloads ---

class ReloadTest : public DiscoverTest {
 protected:
  static Time at(int minute) {
    return Time(std::chrono::sys_days(std::chrono::year(2022) / 9 / 22)) + std::chrono::minutes(minute);
  }
  static std::string load_key(int counter) {
    return "dbo/orders/LOAD0000000" + std::to_string(counter) + ".csv.gz";
  }
  void SetUp() override {
    for (int i = 1; i <= 3; ++i) bucket.put(load_key(i), at(i));
    bucket.put("dbo/orders/20220922-001000000.csv.gz", at(10));
    bucket.put("dbo/orders/20220922-004000000.csv.gz", at(40));
    ledger.load(round().due);
  }
};

// A reload that is skipped begins no generation, and the next one is a reload again.
TEST_F(ReloadTest, SkippedItStaysInItsGeneration) {
  bucket.put(load_key(1), at(30), "new");
  bucket.put(load_key(2), at(31));
  bucket.put("dbo/orders/20220922-005000000.csv.gz", at(50));
  ledger.requests = {{{.id = 7, .verb = Request::Verb::Skip, .reason = "no"}, load_key(2)}};
  const auto found = round();
  EXPECT_THAT(keys(found), ElementsAre(load_key(1), load_key(2)));
  for (const auto& delivery : found.due) {
    EXPECT_EQ(delivery.arrival, Arrival::Reload);
    EXPECT_EQ(delivery.generation, 1);
    EXPECT_EQ(delivery.revision, 2);
  }
  EXPECT_TRUE(found.due[1].request);
}

TEST_F(ReloadTest, TheFilesThatWereWrittenWithItGoTogether) {
  bucket.put(load_key(1), at(30), "new");
  bucket.put(load_key(2), at(31));  // written again with the same bytes; the third is left from before
  bucket.put("dbo/orders/20220922-005000000.csv.gz", at(50));
  const auto found = round();
  EXPECT_THAT(keys(found), ElementsAre(load_key(1), load_key(2)));
  EXPECT_TRUE(found.more);
  for (const auto& delivery : found.due) {
    EXPECT_EQ(delivery.arrival, Arrival::Reload);
    EXPECT_EQ(delivery.generation, 2);
    EXPECT_EQ(delivery.revision, 1);
  }
  EXPECT_NE(found.due[0].previous_sha256, "");
  EXPECT_EQ(found.due[1].previous_sha256, "");
  ledger.load(found.due);
  // Changes named after its oldest file are due again; the one before it is in it.
  const auto after = round();
  EXPECT_THAT(keys(after),
              ElementsAre("dbo/orders/20220922-004000000.csv.gz", "dbo/orders/20220922-005000000.csv.gz"));
  for (const auto& delivery : after.due) {
    EXPECT_EQ(delivery.arrival, Arrival::InOrder);
    EXPECT_EQ(delivery.generation, 2);
  }
  ledger.load(after.due);
  EXPECT_THAT(round(true).due, IsEmpty());
}

TEST_F(ReloadTest, AFileThatIsOlderThanTheReloadIsSuperseded) {
  bucket.put(load_key(1), at(30), "new");
  ledger.load(round().due);
  bucket.put("dbo/orders/20220922-002000000.csv.gz", at(60));
  const auto due = round(true).due;
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].object.key, "dbo/orders/20220922-002000000.csv.gz");
  EXPECT_EQ(due[0].arrival, Arrival::Superseded);
}

TEST_F(ReloadTest, ItWaitsUntilItHasSettled) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  bucket.put(load_key(1), now, "new");
  auto found = round();
  EXPECT_THAT(found.due, IsEmpty());
  EXPECT_THAT(found.waiting, ::testing::Contains(::testing::Key("orders")));
  EXPECT_FALSE(found.more);
  options.reload_settle = std::chrono::seconds(0);
  EXPECT_THAT(keys(round()), ElementsAre(load_key(1)));
}

TEST_F(ReloadTest, ASeriesThatWasRewrittenInTheMiddleIsNone) {
  bucket.put(load_key(2), at(30), "new");
  const auto found = round();
  EXPECT_THAT(found.due, IsEmpty());
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].object_key, load_key(2));
}

TEST_F(ReloadTest, ANewFileAloneIsALateOne) {
  bucket.put(load_key(4), at(30));
  const auto due = round().due;
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].arrival, Arrival::Late);
  EXPECT_EQ(due[0].generation, 1);
}

// --- What operators ask for ---

TEST_F(DiscoverTest, ARequestIsFoundWhereverItsObjectLies) {
  bucket.put("dbo/orders/20210101-000000000.csv.gz");
  bucket.put("dbo/orders/20220922-095853123.csv.gz");
  ledger.load(round().due);
  ledger.requests = {{{7, Request::Verb::Replay, "why"}, "dbo/orders/20210101-000000000.csv.gz"},
                     {{8, Request::Verb::Replay, "why"}, "dbo/orders/20210101-000000001.csv.gz"},
                     {{9, Request::Verb::Skip, "why"}, "dbo/orders/20220922-095853123.csv.gz"},
                     {{10, Request::Verb::Skip, "why"}, "dbo/customers/LOAD00000001.csv.gz"}};
  const auto found = round();
  ASSERT_EQ(found.due.size(), 1U);
  EXPECT_EQ(found.due[0].arrival, Arrival::Late);
  EXPECT_EQ(found.due[0].request->id, 7U);
  EXPECT_EQ(found.due[0].revision, 2);
  ASSERT_EQ(found.rejected_requests.size(), 3U);
  EXPECT_THAT(found.rejected_requests.at(8), HasSubstr("no such object"));
  EXPECT_THAT(found.rejected_requests.at(9), HasSubstr("already loaded"));
  EXPECT_THAT(found.rejected_requests.at(10), HasSubstr("not under the prefix"));
}

// The ledger keeps what is older than the look-back window out of every poll; a full listing finds it.
TEST_F(DiscoverTest, AnIdlePollCostsTheSameHoweverMuchIsIn) {
  const auto fill = [&](int files, const std::string& prefix) {
    bucket.objects.clear();
    ledger.in.clear();
    bucket.put("dbo/orders/LOAD00000001.csv.gz");
    const Time start = std::chrono::sys_days(std::chrono::year(2022) / 1 / 1);
    std::vector<Delivery> all;
    for (int i = 0; i < files; ++i) {
      const auto time = start + std::chrono::minutes(i);
      const auto day = std::chrono::floor<std::chrono::days>(time);
      const std::chrono::year_month_day date{day};
      const std::chrono::hh_mm_ss clock{time - day};
      char name[80];
      std::snprintf(name, sizeof name, "%04d%02u%02u-%02d%02d00000.csv.gz", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
      char path[80] = "";
      if (prefix == "sorted") {
        std::snprintf(path, sizeof path, "%04d/%02u/%02u/", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
      } else if (prefix == "unsorted") {
        std::snprintf(path, sizeof path, "%02u%04d%02u/", static_cast<unsigned>(date.month()),
                      static_cast<int>(date.year()), static_cast<unsigned>(date.day()));
      }
      bucket.put(std::string("dbo/orders/") + path + name, time + std::chrono::seconds(1));
    }
    options.round_limit = 100'000;
    const auto found = round();
    EXPECT_EQ(found.due.size(), static_cast<std::size_t>(files) + 1);
    ledger.load(found.due);
    bucket.lists = 0;
    EXPECT_THAT(round().due, IsEmpty());
    return bucket.lists;
  };
  EXPECT_EQ(fill(100, ""), fill(50'000, ""));
  EXPECT_EQ(fill(100, ""), 3);  // schemas, tables, the one entity
  EXPECT_LE(fill(50'000, "sorted"), 6);
  EXPECT_LE(fill(50'000, "unsorted"), 8);
}

// An event names a prefix; nothing else is listed, and what isn't listed is told.
TEST_F(DiscoverTest, OnlyTheNamedPrefixesAreListed) {
  bucket.put("dbo/orders/20220922-000000000.csv.gz");
  bucket.put("dbo/executions/20220922-000000000.csv.gz");
  Discover discover(bucket, ledger, options);
  ledger.load(discover.round(tables, false).due);
  bucket.put("dbo/orders/20220923-000000000.csv.gz");
  bucket.put("dbo/executions/20220923-000000000.csv.gz");
  bucket.lists = 0;
  auto found = discover.round(tables, Scope{.all = false, .prefixes = {"dbo/orders/"}});
  EXPECT_EQ(bucket.lists, 1);
  EXPECT_FALSE(found.all);
  EXPECT_THAT(keys(found), ElementsAre("dbo/orders/20220923-000000000.csv.gz"));
  EXPECT_THAT(found.backlog, ElementsAre(Pair("orders", ::testing::_)));
  found = discover.round(tables, Scope{.all = false, .tables = {"executions"}});
  EXPECT_THAT(keys(found), ElementsAre("dbo/executions/20220923-000000000.csv.gz"));
  // A request of an operator is heard, too.
  ledger.load(found.due);
  ledger.requests = {{.request = {.id = 7}, .object_key = "dbo/executions/20220922-000000000.csv.gz"}};
  EXPECT_THAT(keys(discover.round(tables, Scope{.all = false})),
              ElementsAre("dbo/executions/20220922-000000000.csv.gz"));
}

TEST_F(DiscoverTest, ANewPrefixIsLookedForAtOnce) {
  bucket.put("dbo/orders/20220922-000000000.csv.gz");
  bucket.put("dbo/customers/20220922-000000000.csv.gz");
  Discover discover(bucket, ledger, options);
  ledger.load(discover.round(tables, false).due);
  bucket.put("dbo/executions/20220922-000000000.csv.gz");
  bucket.lists = 0;
  const auto found = discover.round(tables, Scope{.all = false, .prefixes = {"dbo/executions/"}});
  EXPECT_THAT(keys(found), ElementsAre("dbo/executions/20220922-000000000.csv.gz"));
  EXPECT_EQ(bucket.lists, 3);  // root, schema, table
  // Of a prefix without a table there is nothing to learn.
  bucket.lists = 0;
  EXPECT_THAT(discover.round(tables, Scope{.all = false, .prefixes = {"dbo/customers/"}}).due, IsEmpty());
  EXPECT_EQ(bucket.lists, 0);
}

// They wait for the full loads of all tables, so all are listed.
TEST_F(TransactionFiles, AnEventOfOneIsAPollOfAll) {
  bucket.put("dbo/orders/LOAD00000001.csv.gz");
  bucket.put("cdc/CDC_TXN-20220922000000000.csv");
  Discover discover(bucket, ledger, options);
  ledger.load(discover.round(tables, false).due);
  ledger.load(discover.round(tables, false).due);
  bucket.put("dbo/executions/LOAD00000001.csv.gz");
  bucket.put("cdc/CDC_TXN-20220923000000000.csv");
  const auto found = discover.round(tables, Scope{.all = false, .prefixes = {"cdc/"}});
  EXPECT_TRUE(found.all);
}

// Root and schemas change with the tables of the source: a full listing or a minute later they are listed
// again.
TEST_F(DiscoverTest, FoldersAreNotListedInEachPoll) {
  bucket.put("dbo/orders/LOAD00000001.csv.gz");
  bucket.put("dbo/nobodys/LOAD00000001.csv.gz");
  Discover discover(bucket, ledger, options);
  const auto first = discover.round({{"executions", "orders"}, {}}, false);
  EXPECT_THAT(keys(first), ElementsAre("dbo/orders/LOAD00000001.csv.gz"));
  bucket.lists = 0;
  bucket.put("dbo/orders/20220101-000000001.csv.gz");
  bucket.put("dbo/executions/LOAD00000001.csv.gz");
  const auto second = discover.round({{"executions", "orders"}, {}}, false);
  EXPECT_EQ(bucket.lists, 1);  // the one entity
  EXPECT_EQ(second.due.size(), 2U);
  EXPECT_EQ(second.unmatched, first.unmatched);
  EXPECT_EQ(second.ignored, first.ignored);
  EXPECT_EQ(discover.round({{"executions", "orders"}, {}}, true).due.size(), 3U);
}

TEST_F(DiscoverTest, ARoundIsCutInOrderAndSaysSo) {
  options.round_limit = 3;
  for (int i = 0; i < 8; ++i) bucket.put("dbo/orders/20220922-09000" + std::to_string(i) + "000.csv.gz");
  bucket.put("dbo/executions/20220922-080000000.csv.gz");
  bucket.put("dbo/executions/20220922-100000000.csv.gz");
  std::vector<std::string> all;
  for (int rounds = 0; rounds < 20; ++rounds) {
    const auto found = round();
    if (found.due.empty()) break;
    EXPECT_EQ(found.more, rounds < 2) << rounds;
    for (const auto& key : keys(found)) all.push_back(key);
    ledger.load(found.due);
  }
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(all.front(), "dbo/executions/20220922-080000000.csv.gz");
  EXPECT_EQ(all.back(), "dbo/executions/20220922-100000000.csv.gz");
  EXPECT_TRUE(std::is_sorted(all.begin() + 1, all.end() - 1));
}

// What is listed ahead is what is listed, whatever the layout.
TEST_F(DiscoverTest, TellsTheFirstPagesOfAllTables) {
  for (const bool full : {true, false}) {
    bucket.put("dbo/orders/20220922-090000000.csv.gz");
    bucket.put("dbo/executions/09/2022/22/20220922-010101001.csv.gz");
    ledger.load(round(full).due);
    EXPECT_THAT(bucket.expected, IsEmpty());
    round(full);
    EXPECT_THAT(bucket.expected, IsEmpty());
    bucket.objects.clear();
    ledger.in.clear();
    bucket.put("dbo/orders/2022/09/22/20220922-090000000.csv.gz");
  }
}

// One a second.
std::string change_name(int i) {
  return fmt::format("dbo/orders/20220922-{:02}{:02}{:02}000.csv.gz", i / 3600, i / 60 % 60, i % 60);
}

// A full listing in slices: a file that is later than the look-back window is found without a round that
// lists everything, and stays found until it is in.
class SliceTest : public DiscoverTest {
 protected:
  SliceTest() {
    bucket.page_size = 100;
    for (int i = 0; i < 5000; ++i) bucket.put(change_name(i));
    bucket.put("dbo/orders/LOAD00000001.csv.gz");
    bucket.put("dbo/executions/20220922-000000500.csv.gz");
    options.round_limit = 100'000;
    ledger.load(discover.round(tables, true).due);
  }
  // One round of slices; at most as many requests as a slice, the two tables and a page more.
  Discovered slice(const Discover::Stuck& stuck = {}) {
    bucket.lists = 0;
    auto found = discover.round(tables, {.slice = true}, stuck);
    EXPECT_LE(bucket.lists, static_cast<int>(FullListing::pages_per_slice) + 3);
    return found;
  }
  int slices_until_finished(const Discover::Stuck& stuck = {}) {
    for (int slices = 1; slices < 20; ++slices) {
      EXPECT_THAT(slice(stuck).due, IsEmpty());
      if (discover.full_listing().finished()) return slices;
    }
    return 0;
  }

  Discover discover{
      bucket, ledger, {.look_back = std::chrono::minutes(1), .look_back_files = 50, .round_limit = 100'000}};
};

TEST_F(SliceTest, FindWhatIsLateAndKeepItUntilItIsIn) {
  const std::string early = "dbo/orders/20220922-000000001.csv.gz";
  const std::string late = "dbo/orders/20220922-005000500.csv.gz";
  const std::string manifest = "dbo/orders/20220922-005000500.dfm";
  discover.full_listing().begin();
  EXPECT_THAT(slice().due, IsEmpty());
  bucket.put(late);
  bucket.put(manifest);
  Discovered found;
  for (int i = 0; i < 5 && found.due.empty(); ++i) found = slice();
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(keys(found), ElementsAre(late));
    EXPECT_EQ(found.due[0].arrival, Arrival::Late);
    EXPECT_EQ(found.due[0].manifest.value_or(ObjectInfo{}).key, manifest);
    EXPECT_FALSE(discover.full_listing().finished());
    found = slice();
  }
  // A new file is found in between, as always.
  bucket.put("dbo/executions/20220923-000000000.csv.gz");
  found = slice();
  EXPECT_THAT(keys(found), ElementsAre(late, "dbo/executions/20220923-000000000.csv.gz"));
  ledger.load(found.due);
  EXPECT_GT(slices_until_finished(), 0);
  EXPECT_FALSE(discover.full_listing().running());
  // The next one begins at the beginning.
  bucket.put(early);
  discover.full_listing().begin();
  for (found = {}; found.due.empty() && discover.full_listing().running();) {
    found = slice();
    discover.full_listing().finished();
  }
  EXPECT_THAT(keys(found), ElementsAre(early));
}

// Its file is found wherever it lies, and the other tables are listed to their end.
TEST_F(SliceTest, AHeldTableKeepsItsPlace) {
  const std::string late = "dbo/orders/20220922-000000500.csv.gz";
  bucket.put(late);
  discover.full_listing().begin();
  EXPECT_THAT(keys(discover.round(tables, false, {{"orders", late}})), ElementsAre(late));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(keys(slice({{"orders", late}})), ElementsAre(late));
  EXPECT_FALSE(discover.full_listing().pending({{"orders", late}}));
  EXPECT_FALSE(discover.full_listing().finished());
  EXPECT_TRUE(discover.full_listing().pending({}));
  EXPECT_THAT(keys(slice()), ElementsAre(late));
}

// Each page is asked for by the last key before it, so a manifest must not be torn from its file by its end.
TEST_F(SliceTest, AManifestBehindTheEndOfAPageBelongsToItsFile) {
  bucket.page_size = 10;
  for (int i = 0; i < 30; ++i) {
    bucket.put(fmt::format("dbo/orders/20220921-{:09}.csv.gz", i));
    bucket.put(fmt::format("dbo/orders/20220921-{:09}.dfm", i));
  }
  discover.full_listing().begin();
  std::size_t due = 0;
  for (int rounds = 0; rounds < 20; ++rounds) {
    const auto found = discover.round(tables, {.all = false, .slice = true});
    for (const auto& delivery : found.due) EXPECT_TRUE(delivery.manifest) << delivery.object.key;
    due += found.due.size();
    ledger.load(found.due);
  }
  EXPECT_EQ(due, 30U);
}

// A backlog is listed once, not once for each round; the LOADs behind its changes go in first all the same.
TEST_F(DiscoverTest, ABacklogIsListedOnce) {
  options.stop_when_full = true;
  options.round_limit = 2000;
  constexpr int files = 20'000;
  for (int i = 0; i < files; ++i) bucket.put(change_name(i));
  for (int i = 1; i <= 3; ++i) bucket.put(fmt::format("dbo/orders/LOAD{:08X}.csv.gz", i));
  bucket.put("dbo/orders/p1/LOAD00000001.csv.gz");
  bucket.put("dbo/executions/20220922-000000500.csv.gz");
  std::vector<std::string> all;
  for (int rounds = 0; rounds < 20; ++rounds) {
    const auto found = round(rounds == 0);
    if (found.due.empty()) break;
    EXPECT_EQ(found.more, all.size() + found.due.size() < files + 5) << rounds;
    EXPECT_LE(found.due.size(), 2001U);
    for (const auto& key : keys(found)) all.push_back(key);
    ledger.load(found.due);
  }
  ASSERT_EQ(all.size(), static_cast<std::size_t>(files) + 5);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
  std::vector<std::string> changes;
  std::ranges::copy_if(all, std::back_inserter(changes),
                       [](const auto& key) { return key.starts_with("dbo/orders/2"); });
  EXPECT_TRUE(std::ranges::is_sorted(changes));
  EXPECT_LT(std::ranges::find(all, "dbo/orders/p1/LOAD00000001.csv.gz"), std::ranges::find(all, changes[0]));
  // Each round: schemas, tables, LOADs, the other table, and of the files those of the round and the window.
  EXPECT_LE(bucket.lists, 11 * (4 + 4));
}

TEST_F(DiscoverTest, AnIdlePollTakesNoMoreRequestsForIt) {
  for (int i = 0; i < 3000; ++i) bucket.put(change_name(i));
  bucket.put("dbo/orders/LOAD00000001.csv.gz");
  options.round_limit = 10'000;
  ledger.load(round().due);
  bucket.lists = 0;
  EXPECT_THAT(round().due, IsEmpty());
  const auto lists = bucket.lists;
  options.stop_when_full = true;
  bucket.lists = 0;
  EXPECT_THAT(round().due, IsEmpty());
  EXPECT_EQ(bucket.lists, lists);
}

// What doesn't sort by time is listed to its end, however much is due.
TEST_F(DiscoverTest, NamesThatDoNotSortByTimeAreListedToTheEnd) {
  options.stop_when_full = true;
  options.round_limit = 3;
  bucket.page_size = 4;
  for (int day = 1; day <= 9; ++day) {
    bucket.put(fmt::format("dbo/orders/01/2022/{:02}/202201{:02}-010101001.csv.gz", day, day));
    bucket.put(fmt::format("dbo/orders/12/2021/{:02}/202112{:02}-010101001.csv.gz", day, day));
  }
  EXPECT_THAT(keys(round()), ElementsAre("dbo/orders/12/2021/01/20211201-010101001.csv.gz",
                                         "dbo/orders/12/2021/02/20211202-010101001.csv.gz",
                                         "dbo/orders/12/2021/03/20211203-010101001.csv.gz"));
}

TEST_F(DiscoverTest, AReloadIsSeenBehindABacklog) {
  options.stop_when_full = true;
  options.round_limit = 10;
  bucket.page_size = 10;
  const Time written = std::chrono::sys_days(std::chrono::year(2022) / 9 / 22);
  bucket.put("dbo/orders/LOAD00000001.csv.gz", written, "old");
  ledger.load(round().due);
  for (int i = 0; i < 100; ++i)
    bucket.put(fmt::format("dbo/orders/20220923-{:09}.csv.gz", i), written + std::chrono::hours(24));
  bucket.put("dbo/orders/LOAD00000001.csv.gz", written + std::chrono::hours(12), "new");
  const auto found = round();
  ASSERT_EQ(found.due.size(), 1U);
  EXPECT_EQ(found.due[0].arrival, Arrival::Reload);
  EXPECT_TRUE(found.more);
}

TEST_F(DiscoverTest, AManifestOnTheNextPageBelongsToItsFile) {
  options.stop_when_full = true;
  options.round_limit = 100;
  bucket.page_size = 5;
  for (int i = 0; i < 20; ++i) {
    bucket.put(fmt::format("dbo/orders/20220922-{:09}.csv", i));
    bucket.put(fmt::format("dbo/orders/20220922-{:09}.dfm", i));
  }
  bucket.put("dbo/orders/LOAD00000001.csv");
  const auto found = round();
  ASSERT_EQ(found.due.size(), 21U);
  for (const auto& delivery : found.due)
    EXPECT_EQ(delivery.manifest.has_value(), delivery.kind == DeliveryKind::Change) << delivery.object.key;
}

// Many tables share a round, so that what is held of them is bounded.
TEST_F(DiscoverTest, ManyTablesShareARound) {
  options.stop_when_full = true;
  options.round_limit = 10'000;
  std::vector<std::string> many;
  for (int t = 0; t < 100; ++t) {
    many.push_back(fmt::format("t{:03}", t));
    for (int i = 0; i < 1000; ++i) bucket.put(fmt::format("dbo/t{:03}/20220922-{:09}.csv.gz", t, i));
  }
  const auto found = Discover(bucket, ledger, options).round(many, true);
  EXPECT_LE(found.due.size(), 20'000U);
  EXPECT_GT(found.due.size(), 15'000U);
  EXPECT_TRUE(found.more);
}

}  // namespace
}  // namespace peo::source
