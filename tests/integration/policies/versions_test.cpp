// What only some versions of PostgreSQL read, or have: a value is read as the server reads it on every way
// into the table, and a table that the loader can't keep is refused before anything is loaded into it.
#include <fmt/format.h>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Spelling {
  std::string column, value;
  int since;  // the first version that reads it
};

const std::vector<Spelling>& spellings() {
  static const std::vector<Spelling> list{
      {"i", "0x1F", 16},      {"i", "-0b11", 16},  {"i", "1_000", 16},    {"b", "0o17", 16},
      {"b", "1_000_000", 16}, {"s", "0x1f", 16},   {"n", "0x1F", 16},     {"n", "1_000.5", 16},
      {"n", "Infinity", 14},  {"n", "-inf", 14},   {"v", "infinity", 17}, {"v", "-infinity", 17},
      {"i", "1__0", 99},      {"i", "0x", 99},     {"n", "_1", 99},       {"f", "1_0", 99},
      {"i", " 12 ", 0},       {"n", "1e2", 0},     {"n", "NaN", 0},       {"v", "1 day", 0},
      {"f", "-Infinity", 0},  {"t", "infinity", 0}};
  return list;
}

const std::vector<std::string> value_columns{"i", "b", "s", "n", "v", "f", "t"};

class Versions : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql(
        "t",
        "id int PRIMARY KEY, i int, b bigint, s smallint, n numeric, v interval, f float8, t timestamptz"));
  }
  static std::string row(std::size_t id, const std::string& column, const std::string& value) {
    auto text = std::to_string(id);
    for (const auto& one : value_columns) text += "," + (one == column ? value : "");
    return text + "\n";
  }
  // Every spelling in a row of its own, and `more` that any version reads.
  static std::string rows(const std::string& prefix, std::size_t more) {
    std::string text;
    for (std::size_t k = 0; k < spellings().size(); ++k)
      text += prefix + row(k + 1, spellings()[k].column, spellings()[k].value);
    for (std::size_t k = 0; k < more; ++k) text += prefix + row(k + 1000, "i", std::to_string(k));
    return text;
  }
  void loads_what_the_server_reads(std::size_t more) {
    const LoaderSettings some{{"BAD_ROWS", "quarantine_row"}, {"RELOAD_SETTLE", "0s"}};
    LoaderSettings dry = some;
    dry["DRY_RUN"] = "True";
    const auto predicted = load(dry);
    EXPECT_EQ(deliveries_in(predicted), deliveries_in(load(some)));
    EXPECT_EQ(value("SELECT count(*) FROM t WHERE id >= 1000"), std::to_string(more));
    for (std::size_t k = 0; k < spellings().size(); ++k) {
      const auto& one = spellings()[k];
      SCOPED_TRACE(one.column + " = " + one.value);
      const auto there = query(fmt::format("SELECT {} FROM t WHERE id = {}", one.column, k + 1));
      if (one.since > postgres_major()) {
        EXPECT_THAT(there, IsEmpty());
        EXPECT_THAT(query(fmt::format("SELECT column_name, value, sqlstate IN ('22P02', '22007') FROM "
                                      "loader_rejects WHERE line = {} "
                                      "ORDER BY delivery_id DESC LIMIT 1",
                                      k + 1)),
                    ElementsAre(one.column + "|" + one.value + "|t"));
      } else {
        EXPECT_EQ(there, query(fmt::format("SELECT CAST('{}' AS {})", one.value,
                                           value("SELECT atttypid::regtype FROM pg_attribute WHERE attrelid "
                                                 "= 't'::regclass AND attname = '" +
                                                 one.column + "'"))));
      }
    }
  }
};

TEST_F(Versions, ReadValuesAlikeInAFullLoad) {
  bucket_.load("t", 1, rows("", 0));
  loads_what_the_server_reads(0);
  bucket_.load("t", 1, rows("", 3000));  // a reload compares
  loads_what_the_server_reads(3000);
}

TEST_F(Versions, ReadValuesAlikeInALargeFullLoad) {
  bucket_.load("t", 1, rows("", 30000));
  loads_what_the_server_reads(30000);
}

TEST_F(Versions, ReadValuesAlikeInASmallDelivery) {
  bucket_.change("t", "20220101-000000001", rows("I,", 0));
  loads_what_the_server_reads(0);
}

TEST_F(Versions, ReadValuesAlikeInALargeDelivery) {
  bucket_.change("t", "20220101-000000001", rows("I,", 20000));
  loads_what_the_server_reads(20000);
}

// Without BAD_ROWS a delivery with such a value is loaded, or stops.
TEST_F(Versions, RefuseADeliveryWithAValueThatTheServerDoesNotRead) {
  load();
  for (const bool full_load : {true, false}) {
    for (std::size_t k = 0; k < 15; k += 2) {
      const auto& one = spellings()[k];
      SCOPED_TRACE(fmt::format("{} = {} {}", one.column, one.value, full_load));
      Bucket bucket;
      if (full_load) bucket.load("t", 1, row(1, one.column, one.value));
      if (!full_load) bucket.change("t", "20220101-000000001", "I," + row(1, one.column, one.value));
      const TestDatabase database;
      Database(database.conninfo())
          .execute(
              "CREATE TABLE t (id int PRIMARY KEY, i int, b bigint, s smallint, n numeric, v interval, "
              "f float8, t timestamptz, event_id bigint NOT NULL, delivery_id bigint NOT NULL)");
      const auto ran = run({{"SOURCE", bucket.source()}, {"TARGET", database.conninfo()}});
      EXPECT_EQ(ran.status, one.since > postgres_major() ? 65 : 0) << ran.err;
      EXPECT_EQ(Database(database.conninfo()).value("SELECT count(*) FROM t"),
                one.since > postgres_major() ? "0" : "1");
    }
  }
}

// One key in two spellings is one row.
TEST_F(Versions, KeysInTwoSpellings) {
  for (const int more : {0, 20000}) {
    SCOPED_TRACE(more);
    execute("TRUNCATE t");
    std::string text = "I," + row(31, "i", "1") + "U,0x1F,2,,,,,,\nI,1_0,7,,,,,,\nD,10,,,,,,,\n";
    for (int k = 0; k < more; ++k) text += "I," + row(static_cast<std::size_t>(k) + 1000, "i", "3");
    bucket_.change("t", fmt::format("20220101-00000000{}", more == 0 ? 1 : 2), text);
    load({{"BAD_ROWS", "quarantine_row"}});
    EXPECT_THAT(query("SELECT id, i FROM t WHERE id < 1000"),
                ElementsAre(postgres_major() >= 16 ? "31|2" : "31|1"));
  }
}

// WITHOUT OVERLAPS, from 18 on.
TEST_F(Versions, ATemporalKeyIsRefusedBeforeTheFirstRow) {
  if (postgres_major() < 18) GTEST_SKIP() << "PostgreSQL 18 has temporal keys.";
  execute("DROP TABLE t; CREATE EXTENSION btree_gist");
  execute(table_sql("t", "id int, during int4range, note text, PRIMARY KEY (id, during WITHOUT OVERLAPS)"));
  execute(table_sql("u", "id int PRIMARY KEY, note text"));
  bucket_.load("t", 1, "1,\"[1,5)\",a\n");
  bucket_.load("u", 1, "1,a\n");
  const auto checked = run_loader({program(), {"check"}}, settings());
  EXPECT_EQ(checked.status, 78) << checked.out;
  EXPECT_THAT(checked.out, HasSubstr("temporal (WITHOUT OVERLAPS)"));
  const auto ran = run();
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("temporal (WITHOUT OVERLAPS)"));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM u"), "1") << "the other table is loaded";
}

TEST_F(Versions, SqlWithATemporalKeyIsNotApplied) {
  if (postgres_major() < 18) GTEST_SKIP() << "PostgreSQL 18 has temporal keys.";
  execute("DROP TABLE t; CREATE EXTENSION btree_gist");
  const TempDir entities;
  write_file(entities / "001_t.sql",
             table_sql("t", "id int, during int4range, PRIMARY KEY (id, during WITHOUT OVERLAPS)") + ";");
  const auto ran = run({{"ENTITIES", entities.path().string()}});
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("lacks a primary key without WITHOUT OVERLAPS"));
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0");
}

// Beside an ordinary key it keeps rows apart as an exclusion constraint does.
TEST_F(Versions, UniqueWithoutOverlapsChangesHands) {
  if (postgres_major() < 18) GTEST_SKIP() << "PostgreSQL 18 has temporal keys.";
  execute("DROP TABLE t; CREATE EXTENSION btree_gist");
  execute(table_sql(
      "t", "id int PRIMARY KEY, room int, during int4range, UNIQUE (room, during WITHOUT OVERLAPS)"));
  bucket_.load("t", 1, "1,7,\"[1,5)\"\n2,8,\"[1,5)\"\n");
  load();
  bucket_.change("t", "20220101-000000001", "U,1,8,\"[2,4)\"\nU,2,7,\"[3,9)\"\n");
  load();
  EXPECT_THAT(query("SELECT id, room, during FROM t ORDER BY id"), ElementsAre("1|8|[2,4)", "2|7|[3,9)"));
}

// From 15 on: two NULLs are one value.
TEST_F(Versions, NullsThatAreNotDistinctChangeHands) {
  if (postgres_major() < 15) GTEST_SKIP() << "PostgreSQL 15 has NULLS NOT DISTINCT.";
  execute("DROP TABLE t");
  execute(table_sql("t", "id int PRIMARY KEY, a text, b text, UNIQUE NULLS NOT DISTINCT (a, b)"));
  bucket_.load("t", 1, "1,x,NULL\n2,y,NULL\n3,NULL,NULL\n");
  load();
  bucket_.change("t", "20220101-000000001", "U,1,y,NULL\nU,2,NULL,NULL\nU,3,x,NULL\n");
  load();
  EXPECT_THAT(query("SELECT id, a FROM t ORDER BY id"), ElementsAre("1|y", "2|∅", "3|x"));
}

}  // namespace
}  // namespace peo::test
