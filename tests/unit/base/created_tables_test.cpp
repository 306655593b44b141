// What SQL text creates, read without a server.
#include "base/created_tables.hpp"

#include <gmock/gmock.h>

namespace peo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CreatedTables, NamesColumnsAndComments) {
  const auto tables = created_tables(R"(
    CREATE TABLE Order_Lines (  -- one, (not two)
      Order_ID bigint NOT NULL DEFAULT nextval('a, b'::regclass), "Unit, ""net""" numeric(10, 2) CHECK (true),
      CONSTRAINT k PRIMARY KEY (order_id), unique (order_id), event_id bigint
    ) WITH (fillfactor = 70);
    CREATE UNLOGGED TABLE IF NOT EXISTS "Web".parts (id int);
    COMMENT ON TABLE order_lines IS 'Lines of Ann''s. '
      'Source table: dbo.OrderLines.';
    COMMENT ON TABLE "Web".parts IS E'Source table: \x61\'b.\n';
    COMMENT ON COLUMN parts.id IS 'Source table: no.')");
  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_EQ(tables[0].name, "order_lines");
  EXPECT_THAT(tables[0].columns, ElementsAre("order_id", "Unit, \"net\"", "event_id"));
  EXPECT_EQ(tables[0].comment, "Lines of Ann's. Source table: dbo.OrderLines.");
  EXPECT_EQ(tables[1].schema, "Web");
  EXPECT_EQ(tables[1].name, "parts");
  EXPECT_EQ(tables[1].comment, "Source table: a'b.\n");
}

TEST(CreatedTables, WhatIsNoTableOrIsCommentedOut) {
  EXPECT_THAT(created_tables("-- CREATE TABLE a (x int);\n/* CREATE TABLE b /* CREATE */ (y int); */\n"
                             "SELECT 'CREATE TABLE c (x int);'; CREATE TEMP TABLE d (x int);\n"
                             "DO $do$ BEGIN CREATE TABLE e (x int); END $do$; CREATE INDEX ON a (x);"
                             "CREATE TYPE f AS (x int); COMMENT ON TABLE a IS 'x'"),
              IsEmpty());
  for (const char* cut : {"CREATE TABLE", "CREATE TABLE a.", "CREATE TABLE IF", "COMMENT ON TABLE a IS",
                          "CREATE TABLE \"a", "ALTER TABLE a RENAME TO", "$x", "/* *", "E'\\", "E'\\x"})
    EXPECT_LE(created_tables(cut).size(), 1U) << cut;
}

TEST(CreatedTables, NothingButTables) {
  EXPECT_TRUE(
      only_creates_tables("CREATE TABLE a (x int GENERATED ALWAYS AS (1) STORED);; CREATE UNIQUE INDEX "
                          "ON a (x); CREATE INDEX i ON a (x); COMMENT ON COLUMN a.x IS 'as'"));
  for (const char* more :
       {"GRANT SELECT ON a TO b", "CREATE TABLE a AS SELECT 1", "CREATE TABLE a (x) AS TABLE b",
        "CREATE TRIGGER t", "DO $$ $$", "COMMENT ON INDEX i IS ''", "INSERT INTO a VALUES (1)"})
    EXPECT_FALSE(only_creates_tables(std::string("CREATE TABLE z (x int); ") + more)) << more;
}

TEST(CreatedTables, RenamedByALaterFile) {
  std::vector<CreatedTable> tables;
  read_created_tables("CREATE TABLE orders (id int); COMMENT ON TABLE orders IS 'one'", tables);
  read_created_tables(
      "ALTER TABLE orders RENAME COLUMN id TO x; ALTER TABLE IF EXISTS public.orders RENAME TO "
      "sales_orders; COMMENT ON TABLE sales_orders IS NULL",
      tables);
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_EQ(tables[0].name, "sales_orders");
  EXPECT_EQ(tables[0].comment, "");
}

}  // namespace
}  // namespace peo
