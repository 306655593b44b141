// Files that come late or are written again: the table is what it would be if all files had come in the order
// of their names, the counts are true, and a dry run says the same beforehand.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Late : public LoaderTest {
 protected:
  void SetUp() override { execute(table_sql("t", "id int PRIMARY KEY, v text, n int")); }

  std::vector<std::string> rows() const { return query("SELECT id, v, n FROM t ORDER BY id"); }
  std::vector<std::string> statuses() const {
    return query("SELECT status, turn, coalesce(reason, '') FROM loader_deliveries ORDER BY delivery_id");
  }
  std::string name(int minute) const { return fmt::format("20220101-00{:02}00000", minute); }
  // What a change was loaded before is written again: later than before, as its ETag must show.
  void rewrite(int minute, const std::string& text) {
    const auto key = bucket_.change("t", name(minute), text);
    std::filesystem::last_write_time(
        bucket_.directory() / key,
        std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++rewritten_));
  }
  // Dry, then for real: the same deliveries with the same counts.
  std::string load_as_predicted(const LoaderSettings& more = {}) {
    auto dry = more;
    dry["DRY_RUN"] = "True";
    const auto before = dumped();
    const auto predicted = load(dry);
    EXPECT_EQ(dumped(), before);
    const auto done = load(more);
    EXPECT_EQ(deliveries_in(predicted), deliveries_in(done));
    return done;
  }
  int rewritten_ = 0;
};

TEST_F(Late, KeysOfLaterFilesStand) {
  bucket_.load("t", 1, "1,a,1\n2,b,2\n3,c,3\n4,d,4\n");
  bucket_.change("t", name(20), "U,1,later,1\nD,2,b,2\nD,9,,\nU,3,c,3\n");
  load();
  // Later files have touched 1; deleted 2; deleted 9, which was absent; and said of 3 what it was already.
  bucket_.change("t", name(10), "U,1,late,1\nU,2,late,2\nU,3,late,3\nI,9,late,9\nU,4,late,4\nI,5,late,5\n");
  const auto log = load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|later|1", "3|c|3", "4|late|4", "5|late|5"));
  EXPECT_THAT(ledger_counts(), ElementsAre("4|0|0", "0|1|1", "1|1|0"));
  EXPECT_THAT(statuses(), ElementsAre("loaded|1|", "loaded|1|", "loaded|1|late file"));
  EXPECT_THAT(log, HasSubstr("arrived late"));
  load();
  EXPECT_THAT(ledger_counts(), ::testing::SizeIs(3));
}

TEST_F(Late, HoldStopsTheTableAlone) {
  execute(table_sql("u", "id int PRIMARY KEY"));
  bucket_.change("t", name(20), "I,1,a,1\n");
  load();
  bucket_.change("t", name(10), "I,2,late,2\n");
  bucket_.change("t", name(30), "I,3,c,3\n");
  bucket_.change("u", name(30), "I,1\n");
  const auto ran = run({{"LATE_FILES", "hold"}});
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(AllOf(HasSubstr("arrived late"), HasSubstr(name(10)))));
  EXPECT_THAT(rows(), ElementsAre("1|a|1"));
  EXPECT_EQ(value("SELECT count(*) FROM u"), "1");
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|a|1", "2|late|2", "3|c|3"));
}

TEST_F(Late, SkipIsRecorded) {
  bucket_.change("t", name(20), "I,1,a,1\n");
  load();
  bucket_.change("t", name(10), "I,2,late,2\n");
  const LoaderSettings hold{{"LATE_FILES", "hold"}};
  EXPECT_EQ(run(hold).status, 65);
  const auto key = "dbo/t/" + name(10) + ".csv.gz";
  EXPECT_EQ(run_loader({program(), {"skip", key, "--reason", "known"}}, settings()).status, 0);
  load_as_predicted(hold);
  load();
  EXPECT_THAT(rows(), ElementsAre("1|a|1"));
  EXPECT_THAT(statuses(), ElementsAre("loaded|1|", "skipped|1|known"));
}

TEST_F(Late, ALaterFileThatIsGoneHolds) {
  bucket_.change("t", name(20), "I,1,a,1\n");
  bucket_.change("t", name(30), "I,3,c,3\n");
  load();
  bucket_.change("t", name(10), "I,2,late,2\n");
  bucket_.remove("dbo/t/" + name(20) + ".csv.gz");
  const auto ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"),
              ElementsAre(AllOf(HasSubstr("changed or deleted"), HasSubstr(name(20)))));
  EXPECT_THAT(rows(), ElementsAre("1|a|1", "3|c|3"));
}

TEST_F(Late, AFileOfTheFullLoadThatComesBehindChanges) {
  bucket_.load("t", 1, "1,a,1\n");
  bucket_.change("t", name(10), "U,2,newer,2\nD,3,,\n");
  load();
  bucket_.load("t", 2, "2,b,2\n3,c,3\n4,d,4\n");
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|a|1", "2|newer|2", "4|d|4"));
}

TEST_F(Late, TheSameBytesWrittenAgainAreNoted) {
  bucket_.load("t", 1, "1,a,1\n");
  bucket_.change("t", name(10), "U,1,b,1\n");
  load();
  rewrite(10, "U,1,b,1\n");
  const auto log = load_as_predicted();
  EXPECT_THAT(log, HasSubstr("the same content as delivery 2"));
  EXPECT_THAT(statuses(), ElementsAre("loaded|1|", "loaded|1|"));
  EXPECT_EQ(value("SELECT noted_etag IS NOT NULL FROM loader_deliveries WHERE delivery_id = 2"), "t");
  EXPECT_THAT(load(), ::testing::Not(HasSubstr("same content")));
}

TEST_F(Late, OtherBytesWrittenAgainAreTakenAsLate) {
  bucket_.load("t", 1, "1,a,1\n2,b,2\n");
  bucket_.change("t", name(10), "U,1,x,1\nU,2,x,2\n");
  bucket_.change("t", name(20), "U,2,later,2\n");
  load();
  rewrite(10, "U,1,y,1\nU,2,y,2\n");
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|y|1", "2|later|2"));
  EXPECT_THAT(statuses(),
              ElementsAre("loaded|1|", "loaded|1|", "loaded|1|", "loaded|2|rewritten after delivery 2"));
}

// --- What operators ask for ---

class Asked : public Late {
 protected:
  Finished ask(const std::vector<std::string>& words) const {
    return run_loader({program(), words}, settings());
  }
  std::vector<std::string> answers() const {
    return query("SELECT verb, delivery_id, answer FROM loader_requests ORDER BY request_id");
  }
};

TEST_F(Asked, SkipLetsTheLoaderGoOnBehindABadFile) {
  bucket_.load("t", 1, "1,a,1\n");
  bucket_.change("t", name(10), "U,1,b,many\n");
  bucket_.change("t", name(20), "U,1,c,3\n");
  EXPECT_EQ(run().status, 65);
  const auto key = (bucket_.directory() / "dbo/t" / (name(10) + ".csv.gz")).string();
  EXPECT_EQ(ask({"skip", key}).status, 64) << "without a reason";
  const auto asked = ask({"skip", key, "--reason", "no number"});
  EXPECT_EQ(asked.status, 0) << asked.err;
  EXPECT_THAT(asked.out, AllOf(HasSubstr("request 1"), HasSubstr("the next run handles it")));
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|c|3"));
  EXPECT_THAT(statuses(), ElementsAre("loaded|1|", "skipped|1|no number", "loaded|1|"));
  EXPECT_THAT(answers(), ElementsAre("skip|2|skipped"));
  EXPECT_THAT(ask({"skip", "dbo/t/" + name(20) + ".csv.gz", "--reason", "x"}).err,
              HasSubstr("already loaded"));
  EXPECT_THAT(ask({"replay", "dbo/t/" + name(59) + ".csv.gz"}).err, HasSubstr("no object"));
  bucket_.change("t", "changes-1", "U,1,d,4\n");
  const auto unknown = ask({"replay", "dbo/t/changes-1.csv.gz"});
  EXPECT_EQ(unknown.status, 65);
  EXPECT_THAT(unknown.err, HasSubstr("is not named like a full-load or change file"));
}

TEST_F(Asked, ReplayTakesAFileAgain) {
  bucket_.load("t", 1, "1,a,1\n2,b,2\n");
  bucket_.change("t", name(10), "U,1,x,1\nU,2,x,2\n");
  bucket_.change("t", name(20), "U,2,later,2\n");
  load();
  execute("UPDATE t SET v = 'by hand'");
  const auto asked = ask({"replay", "dbo/t/" + name(10) + ".csv.gz", "--reason", "somebody wrote into it"});
  EXPECT_THAT(asked.out, HasSubstr("loaded as delivery 2"));
  EXPECT_THAT(ask({"replay", "dbo/t/" + name(10) + ".csv.gz"}).out,
              HasSubstr("request 1 for this is already open"));
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|x|1", "2|by hand|2"));
  EXPECT_THAT(answers(), ElementsAre("replay|4|loaded"));
  EXPECT_THAT(statuses().back(), "loaded|2|replayed: somebody wrote into it");
  EXPECT_THAT(deliveries_in(load()), IsEmpty());
}

// The opposite of an open request is a new decision.
TEST_F(Asked, TheNewestRequestCounts) {
  bucket_.load("t", 1, "1,a,1\n");
  bucket_.change("t", name(10), "U,1,b,many\n");
  EXPECT_EQ(run().status, 65);
  const auto key = "dbo/t/" + name(10) + ".csv.gz";
  ask({"skip", key, "--reason", "no number"});
  EXPECT_THAT(ask({"replay", key}).out, HasSubstr("request 2, which replaces the open request 1 to skip it"));
  EXPECT_EQ(run().status, 65);  // the file is tried again, and the request stays open
  EXPECT_THAT(ask({"skip", key, "--reason", "no number"}).out,
              HasSubstr("request 3, which replaces the open request 2 to replay it"));
  load();
  EXPECT_THAT(answers(), ElementsAre("skip|∅|replaced by a later request: replay",
                                     "replay|∅|replaced by a later request: skip", "skip|2|skipped"));
}

TEST_F(Asked, ReplayAppliesWhatIsHeld) {
  bucket_.change("t", name(20), "I,1,a,1\n");
  load();
  bucket_.change("t", name(10), "I,2,late,2\n");
  EXPECT_EQ(run({{"LATE_FILES", "hold"}}).status, 65);
  EXPECT_EQ(ask({"replay", "dbo/t/" + name(10) + ".csv.gz"}).status, 0);
  load_as_predicted({{"LATE_FILES", "hold"}});
  EXPECT_THAT(rows(), ElementsAre("1|a|1", "2|late|2"));
}

// Random streams, some of whose files come late: the oracle applies all files, in the order of their names,
// to a plain map.
TEST_F(Late, AsIfAllHadComeInOrder) {
  std::mt19937 random(20220101);
  const auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<std::string> texts;
  std::map<int, std::string> oracle;
  const auto change_of = [&](int file) {
    std::string text;
    for (int i = 0, rows = upto(6); i <= rows; ++i) {
      const int id = upto(12);
      const bool gone = upto(4) == 0;
      const auto value = fmt::format("v{}", upto(3));
      text += gone ? fmt::format("D,{},,\n", id)
                   : fmt::format("{},{},{},{}\n", upto(2) == 0 ? 'I' : 'U', id, value, file % 3);
      if (gone) {
        oracle.erase(id);
      } else {
        oracle[id] = fmt::format("{}|{}|{}", id, value, file % 3);
      }
    }
    return text;
  };
  constexpr int files = 24;
  for (int i = 0; i < files; ++i) texts.push_back(change_of(i));
  std::vector<int> arrival(files);
  for (int i = 0; i < files; ++i) arrival[static_cast<std::size_t>(i)] = i;
  std::shuffle(arrival.begin(), arrival.end(), random);
  for (std::size_t i = 0; i < arrival.size(); ++i) {
    bucket_.change("t", name(arrival[i]), texts[static_cast<std::size_t>(arrival[i])]);
    if (upto(5) == 0 || i + 1 == arrival.size()) load_as_predicted();
  }
  std::vector<std::string> expected;
  for (const auto& [id, line] : oracle) expected.push_back(line);
  EXPECT_EQ(rows(), expected);
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "24");
  EXPECT_EQ(value("SELECT sum(created) - sum(removed) FROM loader_deliveries"),
            std::to_string(oracle.size()));
  EXPECT_EQ(
      value(
          "SELECT count(*) = count(DISTINCT event_id) FROM (SELECT event_id FROM t UNION ALL SELECT event_id "
          "FROM loader_removals) e"),
      "t");
}

}  // namespace
}  // namespace peo::test
