// Names at the source that comments declare, and which table of the target has a table of the source.
#include "base/source_names.hpp"

#include <gmock/gmock.h>

namespace peo {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::Optional;
using ::testing::Pointee;

TEST(SourceNames, OfATable) {
  EXPECT_THAT(source_table("Source table: WebShop.OrderLines."),
              Optional(Eq(SourceTable{"WebShop", "OrderLines"})));
  EXPECT_THAT(source_table("Lines. Source table: OrderLines. References x.y."),
              Optional(Eq(SourceTable{"", "OrderLines"})));
  EXPECT_THAT(source_table("Source table: dbo.Order Lines"), Optional(Eq(SourceTable{"dbo", "Order Lines"})));
  EXPECT_THAT(source_table("Source table: dbo.Order.Lines.\nMore."),
              Optional(Eq(SourceTable{"dbo", "Order.Lines"})));
  EXPECT_THAT(source_table("Source table: \"Web.Shop\".\"Say \"\"x\"\". \"."),
              Optional(Eq(SourceTable{"Web.Shop", "Say \"x\". "})));
  EXPECT_EQ(source_table("The source table is orders."), std::nullopt);
}

TEST(SourceNames, OfAColumn) {
  EXPECT_THAT(source_columns("Source column: UnitPrice."), ElementsAre("UnitPrice"));
  EXPECT_THAT(source_columns("In cents. Source column: Unit Price (net). Never negative."),
              ElementsAre("Unit Price (net)"));
  EXPECT_THAT(source_columns("Source column: a.b."), ElementsAre("a.b"));
  EXPECT_THAT(source_columns("Source table: dbo.t."), IsEmpty());
}

TEST(SourceNames, OfAColumnThatWasRenamed) {
  const std::string comment = "Net. Source column: UnitPrice. In cents. Source column: \"a.b. c\".";
  EXPECT_THAT(source_columns(comment), ElementsAre("UnitPrice", "a.b. c"));
  EXPECT_EQ(without_source_names(comment), "Net. In cents.");
  EXPECT_THAT(source_columns("Source column: a. Source column: "), ElementsAre("a", ""));
}

TEST(SourceNames, ByWhichAPersonMeansATable) {
  const TableNames names({"orders", "order_lines", "Lines", "lines"},
                         {{"order_lines", {"dbo", "OrderLines"}}, {"lines", {"", "X.Lines"}}});
  for (const char* name : {"order_lines", "ORDER_LINES", "OrderLines", "DBO.orderlines"})
    EXPECT_THAT(names.named(name), ElementsAre("order_lines")) << name;
  EXPECT_THAT(names.named("web.Orders"), ElementsAre("orders"));
  EXPECT_THAT(names.named("lines"), ElementsAre("lines"));  // exactly
  EXPECT_THAT(names.named("dbo.x.lines"), ElementsAre("Lines", "lines"));
  for (const char* name : {"web.OrderLines", "order", "", ".", "dbo."})
    EXPECT_THAT(names.named(name), IsEmpty()) << name;
  const auto error = unknown_table("OrdreLines", "in the target", {"orders", "OrderLines"});
  EXPECT_EQ(error.exit_code(), ExitCode::CommandLine);
  EXPECT_EQ(error.hint(), "Did you mean OrderLines? Use one of orders, OrderLines, or none for all tables.");
}

TEST(SourceNames, WithoutAName) {
  for (const char* text : {"Source table:", "Source table: .", "Source table: dbo..", "Source table: \"x"})
    EXPECT_THAT(source_table(text), Optional(Eq(SourceTable{}))) << text;
  EXPECT_THAT(source_columns("Source column: . Then."), ElementsAre(""));
}

TEST(SourceNames, SentencesAreReadAsTheyWereWritten) {
  for (const char* name : {"UnitPrice", "Unit Price", " x ", "a.b", "Say \"x\".", "日本", "x. y"}) {
    EXPECT_THAT(source_columns(source_column_sentence(name)), ElementsAre(name));
    for (const char* schema : {"", "dbo", "Web.Shop"}) {
      const SourceTable source{schema, name};
      EXPECT_THAT(source_table(source_table_sentence(source)), Optional(Eq(source)));
    }
  }
  EXPECT_EQ(source_table_sentence({"dbo", "OrderLines"}), "Source table: dbo.OrderLines.");
}

TEST(SourceNames, TheRestOfTheComment) {
  EXPECT_EQ(without_source_names("Net. Source column: UnitPrice. In cents."), "Net. In cents.");
  EXPECT_EQ(without_source_names("Net. Source column: UnitPrice."), "Net.");
  EXPECT_EQ(without_source_names("Source table: a.b.\nLines."), "Lines.");
}

TEST(TableNames, CommentsBeforeNames) {
  const TableNames tables({"orders", "web_orders", "lines", "any"},
                          {{"web_orders", {"Web", "Orders"}}, {"lines", {"", "OrderLines"}}});
  EXPECT_THAT(tables.find("dbo", "ORDERS"), Pointee(Eq("orders")));
  EXPECT_THAT(tables.find("web", "orders"), Pointee(Eq("web_orders")));
  EXPECT_THAT(tables.find("dbo", "orderlines"), Pointee(Eq("lines")));
  EXPECT_THAT(tables.find("dbo", "lines"), IsNull());  // its comment names another one
  EXPECT_THAT(tables.find("dbo", "web_orders"), IsNull());
  EXPECT_THAT(TableNames({std::string(63, 'n')}).find("dbo", std::string(100, 'n')),
              Pointee(Eq(std::string(63, 'n'))));
}

}  // namespace
}  // namespace peo
