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
