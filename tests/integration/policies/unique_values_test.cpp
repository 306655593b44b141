// Unique values that change hands inside a delivery: its final state is what counts, on every way into the
// table, as PostgreSQL itself reaches it with deferred constraints.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class UniqueValues : public LoaderTest {
 protected:
  void make(const std::string& columns) {
    execute(table_sql("t", columns));
    bucket_.load("t", 1, "1,A,x\n2,B,y\n3,C,z\n4,D,w\n");
    load();
  }
  std::string load_as_planned(const LoaderSettings& more = {}) {
    LoaderSettings dry = more;
    dry["DRY_RUN"] = "True";
    const auto planned = load(dry);
    auto done = load(more);
    EXPECT_EQ(deliveries_in(planned), deliveries_in(done));
    return done;
  }
  std::string handles() { return value("SELECT string_agg(id || handle, ' ' ORDER BY id) FROM t"); }
};

TEST_F(UniqueValues, ChangeHandsInAnyOrder) {
  make("id int PRIMARY KEY, handle text NOT NULL UNIQUE, note text");
  bucket_.change("t", "20220101-000000001", "U,1,B,x\nU,2,A,y\n");  // a swap
  bucket_.change("t", "20220101-000000002", "D,3,C,z\nI,5,C,n\n");
  bucket_.change("t", "20220101-000000003", "U,1,Z,x\nU,2,B,y\nU,5,A,n\n");  // a chain
  bucket_.change("t", "20220101-000000004", "I,6,D,n\nU,4,E,w\n");           // taken before it is given up
  load_as_planned();
  EXPECT_EQ(handles(), "1Z 2B 4E 5A 6D");
  EXPECT_THAT(ledger_counts(), ElementsAre("4|0|0", "0|2|0", "1|0|1", "0|3|0", "1|1|0"));
  EXPECT_THAT(query("SELECT key, delivery_id FROM loader_removals"), ElementsAre("{\"id\": 3}|3"));
  EXPECT_EQ(value("SELECT bool_and(delivery_id = 5) FROM t WHERE id IN (4, 6)"), "t");
}

TEST_F(UniqueValues, OfARowThatAReloadRemoves) {
  make("id int PRIMARY KEY, handle text NOT NULL UNIQUE, note text");
  bucket_.load("t", 1, "1,B,x\n2,A,y\n5,C,z\n4,D,w\n");
  load_as_planned({{"RELOAD_SETTLE", "0s"}});
  EXPECT_EQ(handles(), "1B 2A 4D 5C");
  EXPECT_THAT(ledger_counts(), ElementsAre("4|0|0", "1|2|1"));
}

TEST_F(UniqueValues, BetweenTheFilesOfAReload) {
  execute(table_sql("t", "id int PRIMARY KEY, handle text NOT NULL UNIQUE, note text"));
  bucket_.load("t", 1, "1,A,x\n2,B,y\n");
  bucket_.load("t", 2, "3,C,z\n4,D,w\n");
  load();
  bucket_.load("t", 1, "1,C,x\n2,B,y\n");
  bucket_.load("t", 2, "3,A,z\n5,D,w\n");
  load_as_planned({{"RELOAD_SETTLE", "0s"}});
  EXPECT_EQ(handles(), "1C 2B 3A 5D");
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "2|0|0", "0|0|0", "1|2|1"));
  EXPECT_EQ(value("SELECT count(DISTINCT event_id) FROM t"), "4");
  // A value that two rows have in the end.
  bucket_.load("t", 1, "1,A,x\n2,B,y!\n");
  bucket_.load("t", 2, "3,A,z\n5,D,w!\n");
  const auto ran = run({{"RELOAD_SETTLE", "0s"}});
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("duplicate key"));
  EXPECT_EQ(handles(), "1C 2B 3A 5D");
}

TEST_F(UniqueValues, OfSeveralIndexesAndAnExclusion) {
  execute("CREATE EXTENSION btree_gist");
  execute(table_sql("t",
                    "id int PRIMARY KEY, a text, n int NOT NULL, room int, during int4range, "
                    "EXCLUDE USING gist (room WITH =, during WITH &&)"));
  execute("CREATE UNIQUE INDEX ON t (lower(a)) WHERE n > 0; CREATE UNIQUE INDEX ON t (n)");
  bucket_.load("t", 1, "1,A,1,1,\"[0,5)\"\n2,B,2,1,\"[5,9)\"\n3,a,-3,2,\"[0,5)\"\n");
  load();
  bucket_.change("t", "20220101-000000001",
                 "U,1,b,2,1,\"[5,9)\"\nU,2,a,1,1,\"[0,5)\"\nU,3,C,3,1,\"[9,10)\"\n");
  load_as_planned();
  EXPECT_THAT(query("SELECT id, a, n, room, during FROM t ORDER BY id"),
              ElementsAre("1|b|2|1|[5,9)", "2|a|1|1|[0,5)", "3|C|3|1|[9,10)"));
}

TEST_F(UniqueValues, ColumnsThatTheFileDoesNotCarryAreKept) {
  make("id int PRIMARY KEY, handle text NOT NULL UNIQUE, note text DEFAULT 'none'");
  bucket_.change("t", "20220101-000000001", "Op,id,handle\nU,1,B\nU,2,A\nI,9,N\n");
  load();
  EXPECT_THAT(query("SELECT id, handle, note FROM t WHERE id <> 3 ORDER BY id"),
              ElementsAre("1|B|x", "2|A|y", "4|D|w", "9|N|none"));
}

// Without that, the rows that point at a replaced row would go with it.
TEST_F(UniqueValues, NoRowIsReplacedThatACascadeHangsOn) {
  make("id int PRIMARY KEY, handle text NOT NULL UNIQUE, note text");
  execute("CREATE TABLE child (id int REFERENCES t ON DELETE CASCADE); INSERT INTO child VALUES (1), (2)");
  bucket_.change("t", "20220101-000000001", "U,1,B,x\nU,2,A,y\n");
  const auto ran = run();
  EXPECT_EQ(ran.status, 65) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("23505"));
  EXPECT_EQ(value("SELECT count(*) FROM child"), "2");
  EXPECT_EQ(handles(), "1A 2B 3C 4D");
}

TEST_F(UniqueValues, RowsOfASwapAreNotRejectedForOthers) {
  make("id int PRIMARY KEY, handle text NOT NULL UNIQUE CHECK (handle <> 'bad'), note text");
  bucket_.change("t", "20220101-000000001",
                 "U,1,B,x\n"
                 "I,7,D,taken\n"
                 "U,2,A,y\n"
                 "I,8,bad,n\n"
                 "I,9,N,n\n"
                 "I,10,N,twice\n");
  load_as_planned({{"BAD_ROWS", "quarantine_row"}});
  EXPECT_EQ(handles(), "1B 2A 3C 4D 9N");
  EXPECT_THAT(query("SELECT line, sqlstate FROM loader_rejects ORDER BY line"),
              ElementsAre("2|23505", "4|23514", "6|23505"));
}

// A rejected row keeps its old value, which is then not free for others.
TEST_F(UniqueValues, ARejectedRowGivesNothingUp) {
  make("id int PRIMARY KEY, handle text NOT NULL UNIQUE CHECK (handle <> 'bad'), note text");
  bucket_.change("t", "20220101-000000001", "U,1,bad,x\nU,2,A,y\nI,5,B,n\n");
  load_as_planned({{"BAD_ROWS", "quarantine_row"}});
  EXPECT_EQ(handles(), "1A 2B 3C 4D");
  EXPECT_THAT(query("SELECT line, sqlstate FROM loader_rejects ORDER BY line"),
              ElementsAre("1|23514", "2|23505", "3|23505"));
}

// PostgreSQL can't update such a column.
TEST_F(UniqueValues, AnIdentityBesideTheKey) {
  execute(table_sql("t", "k text PRIMARY KEY, seq int GENERATED ALWAYS AS IDENTITY, v text"));
  bucket_.load("t", 1, "a,10,x\nb,20,y\n");
  bucket_.change("t", "20220101-000000001", "U,a,10,x2\nU,b,21,y\nI,c,30,z\nU,a,10,x2\n");
  load_as_planned();
  EXPECT_THAT(query("SELECT k, seq, v FROM t ORDER BY k"), ElementsAre("a|10|x2", "b|21|y", "c|30|z"));
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "1|2|0"));
}

// Random files, each one transaction of the source, against the same changes applied row by row with deferred
// constraints.
TEST_F(UniqueValues, AsRowByRow) {
  const std::string columns = "id int PRIMARY KEY, a text NOT NULL UNIQUE{0}, b int UNIQUE{0}, v text";
  execute(table_sql("t", fmt::format(fmt::runtime(columns), "")));
  execute(
      fmt::format(fmt::runtime("CREATE TABLE source (" + columns + ")"), " DEFERRABLE INITIALLY DEFERRED"));
  Database source(database_.conninfo());
  std::mt19937 random(20221);  // NOLINT(cert-msc51-cpp): repeatable
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  std::vector<std::string> expected;
  for (int file = 1; file <= 40; ++file) {
    std::vector<int> ids(9), as(12), bs(12);
    std::iota(ids.begin(), ids.end(), 1);
    std::iota(as.begin(), as.end(), 1);
    std::iota(bs.begin(), bs.end(), 1);
    for (auto* list : {&ids, &as, &bs}) std::shuffle(list->begin(), list->end(), random);
    source.execute("CREATE TEMP TABLE before AS TABLE source; BEGIN");
    std::string text;
    const auto change = [&](const std::string& row, const std::string& sql) {
      text += row;
      source.execute(sql);
    };
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const int id = ids[i];
      const bool present = source.value(fmt::format("SELECT count(*) FROM source WHERE id = {}", id)) == "1";
      if (below(4) == 0) {
        change(fmt::format("D,{},,,\n", id), fmt::format("DELETE FROM source WHERE id = {}", id));
        continue;
      }
      const auto b = below(3) == 0 ? std::string() : std::to_string(bs[i]);
      change(fmt::format("{},{},a{},{},{}\n", present ? 'U' : 'I', id, as[i], b, file),
             fmt::format(
                 "INSERT INTO source VALUES ({0}, 'a{1}', {2}, '{3}') ON CONFLICT (id) DO UPDATE SET a = "
                 "excluded.a, b = excluded.b, v = excluded.v",
                 id, as[i], b.empty() ? "NULL" : b, file));
    }
    source.execute("COMMIT");
    expected.push_back(
        source.value("SELECT concat_ws('|', count(*) FILTER (WHERE b.id IS NULL), count(*) FILTER (WHERE s.* "
                     "IS DISTINCT FROM b.* AND s.id IS NOT NULL AND b.id IS NOT NULL), count(*) "
                     "FILTER (WHERE s.id IS NULL)) FROM source s FULL JOIN before b USING (id)"));
    source.execute("DROP TABLE before");
    bucket_.change("t", fmt::format("20220101-{:09}", file), text);
  }
  load_as_planned();
  EXPECT_EQ(ledger_counts(), expected);
  EXPECT_THAT(query("SELECT id, a, b, v FROM t EXCEPT TABLE source"), IsEmpty());
  EXPECT_THAT(query("TABLE source EXCEPT SELECT id, a, b, v FROM t"), IsEmpty());
}

}  // namespace
}  // namespace peo::test
