// Tables and columns that are called otherwise than at the source: their comments name those of the source.
#include <fmt/format.h>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A shop of two schemas, each with a table Orders, whose files have headers.
class Names : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("orders", "order_id int PRIMARY KEY, placed_at text, source_event_id int") + "; " +
            table_sql("web_orders", "order_id int PRIMARY KEY, name text, name_upper text") + "; " +
            table_sql("order_lines",
                      "order_id int, line_no int, unit_price numeric(8,2), PRIMARY KEY (order_id, line_no)"));
    execute(
        "COMMENT ON TABLE web_orders IS 'Source table: WebShop.Orders.';"
        "COMMENT ON TABLE order_lines IS 'Lines. Source table: OrderLines.';"
        "COMMENT ON COLUMN orders.order_id IS 'Source column: OrderID.';"
        "COMMENT ON COLUMN orders.placed_at IS 'Source column: PlacedAt.';"
        "COMMENT ON COLUMN orders.source_event_id IS 'Source column: event_id.';"
        "COMMENT ON COLUMN web_orders.order_id IS 'Source column: OrderID.';"
        "COMMENT ON COLUMN web_orders.name IS 'Source column: Name.';"
        "COMMENT ON COLUMN web_orders.name_upper IS 'Source column: NAME.';"
        "COMMENT ON COLUMN order_lines.order_id IS 'Source column: OrderID. References orders.order_id.';"
        "COMMENT ON COLUMN order_lines.line_no IS 'Source column: LineNo.';"
        "COMMENT ON COLUMN order_lines.unit_price IS 'Source column: UnitPrice.';");
    bucket_.put("dbo/Orders/LOAD00000001.csv", "OrderID,PlacedAt,event_id\n1,today,77\n");
    bucket_.put("WebShop/Orders/LOAD00000001.csv", "OrderID,NAME,Name\n1,ANN,Ann\n");
    bucket_.put("WebShop/OrderLines/LOAD00000001.csv", "UnitPrice,OrderID,LineNo\n1.50,1,1\n");
    bucket_.put("WebShop/OrderLines/20220101-000000001.csv",
                "Op,OrderID,LineNo,UnitPrice\nU,1,1,2.50\nI,1,2,3\n");
  }
};

TEST_F(Names, CommentsMapFoldersAndHeaders) {
  const auto dry = load({{"DRY_RUN", "True"}});
  EXPECT_THAT(query("SELECT * FROM orders"), IsEmpty());
  const auto log = load();
  EXPECT_EQ(deliveries_in(log), deliveries_in(dry));
  EXPECT_THAT(query("SELECT order_id, placed_at, source_event_id FROM orders"), ElementsAre("1|today|77"));
  EXPECT_THAT(query("SELECT order_id, name, name_upper FROM web_orders"), ElementsAre("1|Ann|ANN"));
  EXPECT_THAT(query("SELECT line_no, unit_price FROM order_lines ORDER BY 1"),
              ElementsAre("1|2.50", "2|3.00"));
  const auto verified = run_loader({program(), {"verify"}}, settings());
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  const auto checked = run_loader({program(), {"check"}}, settings({{"NOTIFICATIONS", "False"}}));
  EXPECT_EQ(checked.status, 0) << checked.out;
  EXPECT_THAT(checked.out, AllOf(HasSubstr("order_lines (source table OrderLines)"),
                                 HasSubstr("web_orders (source table WebShop.Orders)")));
}

// Else the new prefix's full load would count as late behind the other one's changes, and rows of both be
// mixed.
TEST_F(Names, ATableWithRowsOfAnotherPrefixIsHeld) {
  execute(table_sql("a", "id int PRIMARY KEY, name text") + "; " +
          table_sql("b", "id int PRIMARY KEY, name text") +
          "; COMMENT ON TABLE a IS 'Source table: web.Items.'; COMMENT ON TABLE b IS 'Source table: "
          "sales.Items.'");
  bucket_.put("sales/Items/LOAD00000001.csv", "1,sales1\n2,sales2\n3,sales3\n");
  bucket_.put("sales/Items/20260101-000000000.csv", "U,3,sales3b\nD,2,\n");
  bucket_.put("web/Items/LOAD00000001.csv", "1,web1\n2,web2\n");
  load();
  execute(
      "BEGIN; COMMENT ON TABLE a IS 'Source table: sales.Items.'; COMMENT ON TABLE b IS 'Source table: "
      "web.Items.'; COMMIT");
  bucket_.put("web/Items/20260102-000000000.csv", "I,7,web7\n");
  const auto ran = run();
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr("table a contains rows of "), HasSubstr("table b contains rows of "),
                             HasSubstr("Tables that change hands or names")));
  EXPECT_THAT(query("SELECT id, name FROM a ORDER BY id"), ElementsAre("1|web1", "2|web2"));
  EXPECT_THAT(query("SELECT id, name FROM b ORDER BY id"), ElementsAre("1|sales1", "3|sales3b"));
  execute(
      "BEGIN; COMMENT ON TABLE b IS 'Source table: sales.Items.'; COMMENT ON TABLE a IS 'Source table: "
      "web.Items.'; COMMIT");
  load();
  EXPECT_THAT(query("SELECT id, name FROM a ORDER BY id"), ElementsAre("1|web1", "2|web2", "7|web7"));
  EXPECT_THAT(query("SELECT id, name FROM b ORDER BY id"), ElementsAre("1|sales1", "3|sales3b"));

  // Renamed at the source, and so in the ledger.
  std::filesystem::rename(bucket_.directory() / "sales", bucket_.directory() / "shop");
  execute("COMMENT ON TABLE b IS 'Source table: shop.Items.'");
  EXPECT_EQ(run().status, 78);
  execute(
      "UPDATE loader_deliveries SET object_key = 'shop/Items/' || substr(object_key, length('sales/Items/') "
      "+ 1) "
      "WHERE entity = 'b' AND starts_with(object_key, 'sales/Items/')");
  bucket_.put("shop/Items/20260103-000000000.csv", "I,8,shop8\n");
  load();
  EXPECT_THAT(query("SELECT id, name FROM b ORDER BY id"), ElementsAre("1|sales1", "3|sales3b", "8|shop8"));
}

TEST_F(Names, AColumnThatWasRenamedAtTheSource) {
  execute(
      "COMMENT ON COLUMN order_lines.unit_price IS 'Net. Source column: UnitPrice. Source column: Price.'");
  bucket_.put("WebShop/OrderLines/LOAD00000001.csv", "Price,OrderID,LineNo\n1.50,1,1\n");
  load();
  EXPECT_THAT(query("SELECT line_no, unit_price FROM order_lines ORDER BY 1"),
              ElementsAre("1|2.50", "2|3.00"));
  EXPECT_EQ(run_loader({program(), {"verify"}}, settings()).status, 0);
  bucket_.put("WebShop/OrderLines/20220101-000000002.csv", "Op,OrderID,LineNo,UnitPrice,Price\nU,1,1,5,6\n");
  const auto ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err,
              HasSubstr("the file has columns UnitPrice and Price, which are both column unit_price"));
  EXPECT_THAT(run_loader({program(), {"status"}}, settings()).out,
              HasSubstr("Name each of them in the comment of a separate column: COMMENT ON COLUMN"));
}

TEST_F(Names, TransactionFiles) {
  load();
  const std::string file = "cdc/CDC_TXN-20220102000000000.csv";
  bucket_.put(file, "I,Orders,dbo,2,now,78\nI,Orders,WebShop,2,Bob,BOB\nU,OrderLines,WebShop,1,1,9.75\n");
  load({{"CDC_PATH", "cdc"}});
  EXPECT_EQ(value("SELECT placed_at FROM orders WHERE order_id = 2"), "now");
  EXPECT_EQ(value("SELECT name FROM web_orders WHERE order_id = 2"), "Bob");
  EXPECT_EQ(value("SELECT unit_price FROM order_lines WHERE line_no = 1"), "9.75");
  const auto verified = run_loader({program(), {"verify"}}, settings({{"CDC_PATH", "cdc"}}));
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST_F(Names, TwoTablesWithOneComment) {
  execute("COMMENT ON TABLE orders IS 'Source table: webshop.orders.'");
  const auto ran = run();
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr("\"orders\""), HasSubstr("\"web_orders\""),
                             HasSubstr("as their source table")));
  EXPECT_THAT(query("SELECT order_id FROM orders UNION ALL SELECT order_id FROM web_orders"), IsEmpty());
  EXPECT_THAT(query("SELECT order_id FROM order_lines"), SizeIs(2));
}

TEST_F(Names, CommentsThatNameNothing) {
  execute("COMMENT ON COLUMN orders.placed_at IS 'Source column:'");
  auto ran = run();
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("no name follows \"Source column:\""));
  execute("COMMENT ON COLUMN orders.placed_at IS 'Source column: event_id.'");
  ran = run();
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("both name event_id as their source column"));
}

// A file is loaded once into each table that its prefix has belonged to.
TEST_F(Names, ACommentGivesAFolderToAnotherTable) {
  load();
  const auto events = value("SELECT last_event_id FROM loader_state");
  execute(table_sql("lines_again", "orderid int, lineno int, unitprice text, PRIMARY KEY (orderid, lineno)") +
          ";"
          "COMMENT ON TABLE lines_again IS 'Source table: WebShop.OrderLines.'");
  const auto dry = load({{"DRY_RUN", "True"}});
  auto log = load();
  EXPECT_EQ(deliveries_in(log), deliveries_in(dry));
  EXPECT_THAT(deliveries_in(log), SizeIs(2));
  const std::string rows = "SELECT lineno, unitprice FROM lines_again ORDER BY 1";
  EXPECT_THAT(query(rows), ElementsAre("1|2.50", "2|3"));
  EXPECT_THAT(query("SELECT line_no FROM order_lines"), SizeIs(2));
  EXPECT_EQ(value("SELECT count(*) FROM lines_again WHERE event_id > " + events), "2");
  for (const auto* const command : {"verify", "check"})
    EXPECT_EQ(run_loader({program(), {command}}, settings({{"NOTIFICATIONS", "False"}})).status, 0);
  // Back: what came meanwhile is new to the first table, the rest it has.
  bucket_.put("WebShop/OrderLines/20220101-000000002.csv", "Op,OrderID,LineNo,UnitPrice\nD,1,2,\n");
  load();
  execute("COMMENT ON TABLE lines_again IS 'An old copy. Source table: gone.'");
  EXPECT_THAT(deliveries_in(load()), SizeIs(1));
  EXPECT_THAT(query("SELECT line_no FROM order_lines"), ElementsAre("1"));
  EXPECT_THAT(query(rows), ElementsAre("1|2.50"));
  EXPECT_THAT(load(), HasSubstr("No new files"));
}

// The ledger is asked for the table that the directory belongs to now.
TEST_F(Names, RequestsAreForTheTableOfTheFolder) {
  execute("COMMENT ON TABLE order_lines IS 'Source table: nowhere.'");
  const auto ran = run_loader({program(), {"replay", "WebShop/OrderLines/LOAD00000001.csv"}}, settings());
  EXPECT_NE(ran.status, 0);  // no loader has run yet
  load();
  EXPECT_THAT(query("SELECT * FROM order_lines"), IsEmpty());
  execute("COMMENT ON TABLE order_lines IS 'Source table: OrderLines.'");
  EXPECT_THAT(run_loader({program(), {"replay", "WebShop/OrderLines/LOAD00000001.csv"}}, settings()).out,
              HasSubstr("(not loaded yet)"));
  load();
  EXPECT_THAT(query("SELECT * FROM order_lines"), SizeIs(2));
}

// Under another name its files would load again, over rows that are newer.
TEST_F(Names, ATableThatIsRenamedIsRenamedInTheLedgerToo) {
  load();
  execute("ALTER TABLE order_lines RENAME TO lines");
  bucket_.put("WebShop/OrderLines/20220101-000000002.csv", "Op,OrderID,LineNo,UnitPrice\nD,1,2,\n");
  for (const auto& more : {LoaderSettings{{"DRY_RUN", "True"}}, LoaderSettings{}}) {
    const auto ran = run(more);
    EXPECT_EQ(ran.status, 78) << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("loaded into order_lines"),
                               HasSubstr(R"(SET entity = E'lines' WHERE entity = E'order_lines')")));
  }
  execute(
      "UPDATE loader_deliveries SET entity = 'lines' WHERE entity = 'order_lines';"
      "UPDATE loader_removals SET entity = 'lines' WHERE entity = 'order_lines'");
  EXPECT_THAT(deliveries_in(load()), SizeIs(1));
  EXPECT_THAT(query("SELECT line_no, unit_price FROM lines"), ElementsAre("1|2.50"));
  // A copy is a table of its own when it is empty.
  execute(
      "CREATE TABLE copy (LIKE lines INCLUDING ALL); INSERT INTO copy SELECT * FROM lines;"
      "COMMENT ON TABLE copy IS 'Source table: WebShop.OrderLines.'");
  EXPECT_THAT(run().err, HasSubstr("If it is a copy, empty it (TRUNCATE \"public\".\"copy\")"));
  execute("TRUNCATE copy");
  load();
  EXPECT_THAT(query("SELECT line_no, unit_price FROM copy"), ElementsAre("1|2.50"));
}

// With an empty ENTITIES: none of the shipped tables for a directory that has its table.
TEST_F(Names, NoShippedTableForAFolderThatAnotherTableClaims) {
  execute(
      "DROP TABLE web_orders; ALTER TABLE orders RENAME TO my_orders;"
      "COMMENT ON TABLE my_orders IS 'Source table: dbo.orders.'");
  bucket_.remove("WebShop/Orders/LOAD00000001.csv");
  const auto checked =
      run_loader({program(), {"check"}}, settings({{"ENTITIES", ""}, {"NOTIFICATIONS", "False"}}));
  EXPECT_THAT(checked.out, ::testing::Not(HasSubstr("entities/")));
  load({{"ENTITIES", ""}});
  EXPECT_EQ(value("SELECT to_regclass('orders')::text IS NULL"), "t");
  EXPECT_THAT(query("SELECT order_id FROM my_orders"), ElementsAre("1"));
}

// Nobody leads files of others into a table by its comment.
TEST_F(Names, AStrangersComments) {
  const auto stranger = database_.name() + "_stranger";
  execute(
      fmt::format("CREATE ROLE {0}; GRANT CREATE, USAGE ON SCHEMA public TO {0}; SET ROLE {0}; {1};"
                  "COMMENT ON TABLE evil IS 'Source table: dbo.Orders.'; RESET ROLE",
                  stranger, table_sql("evil", "order_id int PRIMARY KEY")));
  load();
  EXPECT_THAT(query("SELECT order_id FROM orders"), SizeIs(1));
  execute(fmt::format("DROP OWNED BY {0}; DROP ROLE {0}", stranger));
}

}  // namespace
}  // namespace peo::test
