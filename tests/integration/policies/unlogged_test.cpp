// FORMAT's no_sup_value: columns that the source's log doesn't have keep their values, on every way into the
// table, as if the rows were applied one by one; and a dry run and verify say the same.
#include <fmt/format.h>

#include <map>
#include <random>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Unlogged : public LoaderTest {
 protected:
  void make(const std::string& columns = "id int PRIMARY KEY, a text, b text NOT NULL, n int") {
    execute(table_sql("t", columns));
  }
  static std::string name(int minute) {
    return fmt::format("20220101-{:02}{:02}00000", minute / 60, minute % 60);
  }
  LoaderSettings with(const LoaderSettings& more = {}) const {
    LoaderSettings all{{"FORMAT", "no_sup_value=~"}};
    for (const auto& [key, value] : more) all[key] = value;
    return all;
  }
  // Dry, for real, and read again: all say the same.
  std::string load_as_predicted(const LoaderSettings& more = {}) {
    auto dry = with(more);
    dry["DRY_RUN"] = "True";
    const auto before = dumped();
    const auto predicted = load(dry);
    EXPECT_EQ(dumped(), before);
    auto done = load(with(more));
    EXPECT_EQ(deliveries_in(predicted), deliveries_in(done));
    const auto verified = run_loader({program(), {"verify"}}, settings(with(more)));
    // Rows that were rejected are missing.
    const bool whole = value("SELECT count(*) FROM loader_rejects") == "0";
    EXPECT_EQ(verified.status, whole ? 0 : 65) << verified.out << verified.err;
    return done;
  }
  std::vector<std::string> rows() const { return query("SELECT id, a, b, n FROM t ORDER BY id"); }
};

TEST_F(Unlogged, ColumnsKeepTheirValues) {
  make();
  bucket_.load("t", 1, "1,a,b,1\n2,a,b,2\n3,~,b,3\n4,a,b,4\n");
  // From the table; from the file; from both; a column that becomes NULL; an insert that is sent again.
  bucket_.change(
      "t", name(1),
      "U,1,~,B,~\nI,5,x,y,5\nU,5,~,~,6\nU,2,A,~,~\nU,2,~,~,7\nU,3,~,~,\nD,4,~,~,~\nI,4,c,d,8\nU,4,~,D,~\n");
  bucket_.change("t", name(2), "I,1,~,b2,\"~\"\nU,2,A,~,7\n");
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|a|b2|1", "2|A|b|7", "3|~|b|∅", "4|c|D|8", "5|x|y|6"));
  EXPECT_THAT(ledger_counts(), ElementsAre("4|0|0", "1|4|0", "0|1|0"));
}

// Without the setting the text is data.
TEST_F(Unlogged, IsASetting) {
  make();
  bucket_.load("t", 1, "1,a,b,1\n");
  bucket_.change("t", name(1), "U,1,~,B,1\n");
  load();
  EXPECT_THAT(rows(), ElementsAre("1|~|B|1"));
}

TEST_F(Unlogged, ARowWithoutAnyValueIsBad) {
  make();
  bucket_.load("t", 1, "1,a,b,1\n");
  bucket_.change("t", name(1), "U,1,A,~,~\nU,2,c,~,~\nD,1,,,\nU,1,x,y,~\n");
  const auto ran = run(with());
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"),
              ElementsAre(AllOf(
                  HasSubstr("line 2"), HasSubstr("column b"),
                  HasSubstr("the file has no value for b, n (no_sup_value), and the table has no row to "
                            "keep it from"))));
  EXPECT_THAT(rows(), ElementsAre("1|a|b|1"));
  load_as_predicted({{"BAD_ROWS", "quarantine_row"}});
  // Without its last row, key 1 is deleted.
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_THAT(query("SELECT line, column_name, sqlstate FROM loader_rejects ORDER BY line"),
              ElementsAre("2|b|22004", "4|n|22004"));
}

// A row that is rejected for something else is no source of values.
TEST_F(Unlogged, ARejectedRowGivesNoValue) {
  make("id int PRIMARY KEY, a text CHECK (a <> 'bad'), b text NOT NULL, n int");
  bucket_.load("t", 1, "1,a,b,1\n2,a,b,2\n");
  bucket_.change("t", name(1), "U,1,A,B,~\nU,1,~,~,x\nU,1,~,~,3\nU,2,bad,B,~\nU,2,~,~,4\n");
  load_as_predicted({{"BAD_ROWS", "quarantine_row"}});
  // The last row of key 2 would have the value that is refused.
  EXPECT_THAT(rows(), ElementsAre("1|A|B|3", "2|a|b|2"));
  EXPECT_THAT(query("SELECT line FROM loader_rejects ORDER BY line"), ElementsAre("2", "4", "5"));
}

TEST_F(Unlogged, InTransactionFiles) {
  make();
  execute(table_sql("u", "id int PRIMARY KEY, v text, w int"));
  bucket_.load("t", 1, "1,a,b,1\n");
  bucket_.load("u", 1, "1,v,1\n");
  load();
  bucket_.put("cdc/CDC_TXN-20220102000000000.csv",
              "U,t,dbo,1,~,B,~\nU,u,dbo,1,~,2\nU,t,dbo,1,A,~,~\nI,u,dbo,2,v2,2\nU,u,dbo,2,~,3\n");
  load_as_predicted({{"CDC_PATH", "cdc"}});
  EXPECT_THAT(rows(), ElementsAre("1|A|B|1"));
  EXPECT_THAT(query("SELECT id, v, w FROM u ORDER BY id"), ElementsAre("1|v|2", "2|v2|3"));
}

TEST_F(Unlogged, UniqueValuesAndIdentityColumns) {
  make("id int PRIMARY KEY, a text UNIQUE, b text NOT NULL, n int GENERATED ALWAYS AS IDENTITY");
  bucket_.load("t", 1, "1,x,b,1\n2,y,b,2\n");
  bucket_.change("t", name(1), "U,1,y,~,~\nU,2,x,B,~\n");
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|y|b|1", "2|x|B|2"));
}

// Of a row that a newer file has changed, a late file still has the columns that the newer one has no value
// for.
TEST_F(Unlogged, ALateFileLosesOnlyWhatIsLogged) {
  make();
  bucket_.load("t", 1, "1,a,b,1\n2,a,b,2\n3,a,b,3\n4,a,b,4\n5,a,b,5\n");
  bucket_.change("t", name(20), "U,1,~,new,~\nU,2,new,new,9\nU,3,~,~,9\nU,4,~,~,9\nD,5,,,\n");
  bucket_.change("t", name(30), "U,3,new,~,~\n");
  load_as_predicted();
  bucket_.change("t", name(10), "U,1,late,late,~\nU,2,late,~,~\nU,3,late,late,late\nU,5,late,~,~\n");
  // A number is expected for column n of key 3, but the newer file has one.
  auto ran = run(with());
  EXPECT_EQ(ran.status, 65) << ran.err;
  bucket_.change("t", name(10), "U,1,late,late,~\nU,2,late,~,~\nU,3,late,late,8\nU,5,late,~,~\n");
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|late|new|1", "2|new|new|9", "3|new|late|9", "4|a|b|9"));
}

// Random files of changes; the rows are applied one by one to a map.
class Rows {
 public:
  struct Values {
    std::string a, b, n;
    friend bool operator==(const Values&, const Values&) = default;
  };
  using Table = std::map<int, Values>;

  explicit Rows(std::uint32_t seed) : random_(seed) {}
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }
  Values values() {
    return {fmt::format("a{}", below(5)), fmt::format("b{}", below(5)), std::to_string(below(5))};
  }
  std::string load() {
    std::string text = "id,a,b,n\n";
    for (int id = 0; id < 6; ++id) {
      const auto row = table[id] = values();
      text += fmt::format("{},{},{},{}\n", id, row.a, row.b, row.n);
    }
    return text;
  }
  std::string changes(int count) {
    std::string text = "Op,id,a,b,n,BI_id\n";
    for (int i = 0; i < count; ++i) text += change();
    return text;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& [id, row] : table) all.push_back(fmt::format("{}|{}|{}|{}", id, row.a, row.b, row.n));
    return all;
  }
  // As the ledger has it, from what the table was before.
  std::string counts(const Table& before) const {
    int created = 0, amended = 0, removed = 0;
    for (const auto& [id, row] : table) {
      const auto found = before.find(id);
      if (found == before.end()) ++created;
      if (found != before.end() && found->second != row) ++amended;
    }
    for (const auto& [id, row] : before) removed += table.contains(id) ? 0 : 1;
    return fmt::format("{}|{}|{}", created, amended, removed);
  }

  Table table;

 private:
  // An update of the row, some of whose columns are not in the log.
  std::string update(int id, Values& row, const std::string& old_id) {
    const auto more = values();
    const auto field = [&](std::string& value, const std::string& next) {
      if (below(2) == 0) return std::string("~");
      value = next;
      return next;
    };
    const auto a = field(row.a, more.a), b = field(row.b, more.b), n = field(row.n, more.n);
    return fmt::format("U,{},{},{},{},{}\n", id, a, b, n, old_id);
  }
  std::string change() {
    const int id = below(8), other = below(8);
    const auto found = table.find(id);
    if (found == table.end()) {
      const auto row = table[id] = values();
      return fmt::format("I,{},{},{},{},\n", id, row.a, row.b, row.n);
    }
    switch (below(6)) {
      case 0:
        table.erase(found);
        return fmt::format("D,{},~,~,~,\n", id);
      case 1: {
        if (other == id) break;
        auto row = found->second;
        const auto there = table.find(other);
        std::string text = update(other, row, std::to_string(id));
        if (there == table.end()) {  // the key changes
          table.erase(found);
        } else {  // keys are swapped
          auto second = there->second;
          text += update(id, second, std::to_string(other));
          table[id] = second;
        }
        table[other] = row;
        return text;
      }
      default:
        break;
    }
    return update(id, found->second, "");
  }

  std::mt19937 random_;
};

TEST_F(Unlogged, AsIfAppliedOneByOne) {
  const char* more = std::getenv("PEO_UNLOGGED_SEEDS");
  const int seeds = more == nullptr ? 5 : std::stoi(more);
  for (int seed = 1; seed <= seeds; ++seed) {
    Rows model(static_cast<std::uint32_t>(seed));
    const auto table = fmt::format("t{}", seed);
    execute(table_sql(table, "id int PRIMARY KEY, a text, b text NOT NULL, n int"));
    std::vector<std::string> expected;
    bucket_.load(table, 1, model.load());
    expected.push_back(model.counts({}));
    for (int minute = 1; minute <= 12; ++minute) {
      const auto before = model.table;
      bucket_.change(table, name(minute), model.changes(1 + model.below(12)));
      expected.push_back(model.counts(before));
    }
    load_as_predicted();
    EXPECT_EQ(query(fmt::format("SELECT id, a, b, n FROM {} ORDER BY id", table)), model.lines()) << seed;
    const auto ledger = query(fmt::format(
        "SELECT created, amended, removed FROM loader_deliveries WHERE entity = '{}' ORDER BY delivery_id",
        table));
    EXPECT_EQ(ledger, expected) << seed;
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace peo::test
