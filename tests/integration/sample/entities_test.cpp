// The shipped SQL of the three entities.
#include <gtest/gtest.h>

#include "sample_in_postgres.hpp"
#include "support/postgres_server.hpp"

namespace peo::test {
namespace {

class EntitiesTest : public ::testing::Test {
 protected:
  void make() {
    for (const std::string& sql : entity_sql()) database_.execute(sql);
  }
  // One value for each row of a one-column query.
  std::vector<std::string> list(const std::string& sql) {
    std::vector<std::string> values;
    for (const Row& row : database_.rows(sql)) values.push_back(row.at(0).value_or("NULL"));
    return values;
  }

  TestDatabase test_database_;
  Database database_{test_database_.conninfo()};
};

const std::vector<std::string> tables = {"executions", "orders", "strategies"};

TEST_F(EntitiesTest, AreMadeInTheFirstSchemaOfTheSearchPath) {
  database_.execute("CREATE SCHEMA desk; SET search_path = desk");
  make();
  EXPECT_EQ(list("SELECT tablename FROM pg_tables WHERE schemaname = 'desk' ORDER BY 1"), tables);
  EXPECT_TRUE(list("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").empty());
}

TEST_F(EntitiesTest, CanBeTemporaryTables) {
  database_.execute("SET search_path = pg_temp");
  make();
  EXPECT_EQ(list("SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' "
                 "ORDER BY 1"),
            tables);
}

TEST_F(EntitiesTest, HaveKeyAndTheLoadersColumnsLastWithAnIndex) {
  make();
  for (const std::string& table : tables) {
    const std::string id = "'" + table + "'::regclass";
    const auto columns = list(
        "SELECT attname || ' ' || atttypid::regtype || ' ' || attnotnull FROM pg_attribute WHERE attrelid "
        "= " +
        id + " AND attnum > 0 ORDER BY attnum DESC LIMIT 2");
    EXPECT_EQ(columns, (std::vector<std::string>{"delivery_id bigint true", "event_id bigint true"}))
        << table;
    EXPECT_EQ(list("SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
                   " AND a.attnum = i.indkey[0] WHERE i.indrelid = " +
                   id + " AND i.indnatts = 1 AND NOT i.indisprimary"),
              std::vector<std::string>{"event_id"})
        << table;
    EXPECT_EQ(list("SELECT count(*) FROM pg_index WHERE indisprimary AND indrelid = " + id),
              std::vector<std::string>{"1"});
  }
  EXPECT_EQ(database_.value("SELECT array_to_string(reloptions, ',') FROM pg_class WHERE relname = 'orders'"),
            "fillfactor=80");
}

TEST_F(EntitiesTest, EverythingHasAComment) {
  make();
  EXPECT_TRUE(
      list("SELECT attrelid::regclass || '.' || attname FROM pg_attribute WHERE attnum > 0 AND attrelid IN"
           " ('strategies'::regclass, 'orders'::regclass, 'executions'::regclass)"
           " AND col_description(attrelid, attnum) IS NULL")
          .empty());
  EXPECT_TRUE(list("SELECT relname FROM pg_class WHERE relname IN ('strategies', 'orders', 'executions')"
                   " AND obj_description(oid, 'pg_class') IS NULL")
                  .empty());
}

TEST_F(EntitiesTest, RelationsInCommentsNameColumnsThatExist) {
  make();
  const auto references = list(
      "SELECT d.reference[1] FROM pg_attribute a, regexp_matches(col_description(attrelid, attnum),"
      " 'References (\\w+\\.\\w+)\\.$') AS d(reference) WHERE attrelid IN ('strategies'::regclass,"
      " 'orders'::regclass, 'executions'::regclass) AND attnum > 0 AND attname <> 'delivery_id' ORDER BY 1");
  EXPECT_EQ(references,
            (std::vector<std::string>{"executions.exec_id", "orders.order_id", "strategies.strategy_id"}));
  for (const std::string& reference : references) {
    const auto dot = reference.find('.');
    database_.execute("SELECT " + reference.substr(dot + 1) + " FROM " + reference.substr(0, dot) +
                      " LIMIT 0");
  }
}

}  // namespace
}  // namespace peo::test
