// Transaction files: rows of several tables in one file, each handed on with its table, numbered over all.
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <random>

#include "rows.hpp"

namespace peo::decode {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// t of two columns, wide of four, in the schema dbo; both with the key c1.
ParseOptions two_tables() {
  ParseOptions options{.kind = DeliveryKind::Change};
  std::vector<ParseTable> tables;
  tables.push_back({.entity = "t", .schema = "dbo", .columns = change(2).columns});
  tables.push_back({.entity = "wide", .columns = change(4).columns});
  options.tables = std::make_shared<const std::vector<ParseTable>>(tables);
  return options;
}

ParseOptions with_tables(ParseOptions options, const std::function<void(std::vector<ParseTable>&)>& set) {
  auto tables = *options.tables;
  set(tables);
  options.tables = std::make_shared<const std::vector<ParseTable>>(std::move(tables));
  return options;
}

// Two schemas have a table of one name.
ParseOptions two_schemas() {
  return with_tables(two_tables(), [](auto& tables) {
    tables[0].source = SourceTable{"dbo", "Orders"};
    tables[1].source = SourceTable{"web", "Orders"};
    tables[1].schema = "web";
    tables.push_back(
        {.entity = "lines", .source = SourceTable{"", "Order Lines"}, .columns = change(2).columns});
  });
}

struct Seen {
  std::map<std::uint64_t, std::string> rows;  // by their number: "t I@1|1|a"
  std::map<std::string, std::uint64_t> ignored_rows, rows_of;
  std::uint64_t count = 0, batches = 0;
  std::vector<BadRow> bad;
};

Seen see(const std::string& text, const ParseOptions& options, std::size_t piece = 1 << 20) {
  test::Pieces stream(text, piece);
  ChangeParser parser(stream, options);
  ChangeBatch batch;
  Seen seen;
  while (parser.next(batch)) {
    ++seen.batches;
    EXPECT_EQ(batch.offsets.size(), batch.rows.size());
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const auto& change = batch.rows[i];
      auto row = batch.entity + " " + static_cast<char>(change.operation) + "@" + std::to_string(change.line);
      for (std::size_t k = 0; k < batch.width; ++k) {
        const auto& field = batch.row_fields(i)[k];
        row += "|" + (field.null != 0 ? "<null>" : std::string(batch.text(field)));
      }
      EXPECT_TRUE(seen.rows.emplace(change.number, row).second);
      EXPECT_EQ(text[batch.offset_of(i)], batch.bytes[change.begin]);
    }
    for (const auto& bad : batch.bad) seen.bad.push_back(bad);
  }
  EXPECT_EQ(parser.bytes_out(), text.size());
  seen.ignored_rows = parser.ignored_rows();
  seen.rows_of = parser.rows_of();
  seen.count = parser.rows();
  return seen;
}

std::string refused(const std::string& text, const ParseOptions& options) {
  try {
    see(text, options);
  } catch (const Error& error) {
    return error.describe();
  }
  return "accepted";
}

std::vector<std::string> rows_in(const Seen& seen) {
  std::vector<std::string> list;
  for (const auto& [number, row] : seen.rows) list.push_back(row);
  return list;
}

TEST(TransactionRows, CommentsGiveThemTheirTables) {
  const auto seen =
      see("I,orders,DBO,1,a\nI,Orders,web,1,a,b,c\nI,Order Lines,dbo,1,x\nI,t,dbo,9,z\nI,orders,far,1,y\n",
          two_schemas());
  EXPECT_THAT(seen.rows_of, ElementsAre(Pair("lines", 1), Pair("t", 1), Pair("wide", 1)));
  EXPECT_THAT(seen.ignored_rows, ElementsAre(Pair("dbo.t", 1), Pair("far.orders", 1)));
}

TEST(Transactions, RowsKeepTheirOrderOverAllTables) {
  const auto seen =
      see("I,t,dbo,1,a\n"
          "I,wide,other,1,b,NULL,\"x,\ny\"\n"
          "U,T,DBO,1,\"with \"\"quotes\"\"\"\n"
          "D,wide,other,1,,,\n"
          "I,t,dbo,2,\n",
          two_tables());
  EXPECT_THAT(rows_in(seen), ElementsAre("t I@1|1|a", "wide I@2|1|b|<null>|x,\ny", "t U@4|1|with \"quotes\"",
                                         "wide D@5|1|<null>|<null>|<null>", "t I@6|2|<null>"));
  EXPECT_EQ(seen.rows.begin()->first, 1U);
  EXPECT_EQ(seen.rows.rbegin()->first, 5U);
  EXPECT_EQ(seen.count, 5U);
  EXPECT_EQ(seen.batches, 2U);
  EXPECT_THAT(seen.rows_of, ElementsAre(Pair("t", 3), Pair("wide", 2)));
}

// The example of AWS's user guide, and a real row of a task with TimestampColumnName and another delimiter.
TEST(Transactions, RealRows) {
  ParseOptions options{.kind = DeliveryKind::Change};
  ParseTable names{.entity = "names_03cdcad11a", .columns = {{"id", true}, {"name", false}}};
  options.tables = std::make_shared<const std::vector<ParseTable>>(1, names);
  EXPECT_THAT(rows_in(see("I,Names_03cdcad11a,rdsTempsdb,13,Daniel\nD,Names_03cdcad11a,rdsTempsdb,13,Cathy\n",
                          options)),
              ElementsAre("names_03cdcad11a I@1|13|Daniel", "names_03cdcad11a D@2|13|Cathy"));
  ParseTable policy{.entity = "policy", .columns = {{"id", true}, {"number", false}}};
  options.tables = std::make_shared<const std::vector<ParseTable>>(1, policy);
  options.format.delimiter = "|";
  EXPECT_THAT(rows_in(see("I|policy|insurance|2026-06-14 16:55:04|1000020|POL-2026-TEST01\n", options)),
              ElementsAre("policy I@1|1000020|POL-2026-TEST01"));
}

TEST(Transactions, RowsOfOtherTablesAreLeftAloneAndCounted) {
  const auto seen =
      see("I,awsdms_status,dbo,x,y,z\nI,t,dbo,1,a\nI,customers,dbo,1\nU,customers,dbo,1\nI,t,dbo,2,b\n",
          two_tables());
  EXPECT_THAT(rows_in(seen), ElementsAre("t I@2|1|a", "t I@5|2|b"));
  EXPECT_THAT(seen.ignored_rows, ElementsAre(Pair("dbo.awsdms_status", 1), Pair("dbo.customers", 2)));
  EXPECT_EQ(seen.count, 5U);
  const auto reloaded = with_tables(two_tables(), [](auto& tables) { tables[0].superseded = true; });
  EXPECT_THAT(see("I,t,dbo,1,a\n", reloaded).ignored_rows, ElementsAre(Pair("dbo.t", 1)));
  EXPECT_THAT(see("I,t,dbo,1,a\n", reloaded).rows, IsEmpty());
}

TEST(Transactions, ManyNamesAreCountedTogether) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "I,other" + std::to_string(i) + ",dbo,1\n";
  const auto seen = see(text, two_tables());
  EXPECT_EQ(seen.ignored_rows.size(), 101U);
  EXPECT_EQ(seen.ignored_rows.at("…"), 200U);
}

TEST(Transactions, TwoSchemasForOneTableAreRefused) {
  EXPECT_THAT(refused("I,t,archive,1,a\n", two_tables()), AllOf(HasSubstr("dbo.t"), HasSubstr("archive.t")));
  EXPECT_THAT(refused("I,wide,a,1,,,\nI,wide,b,1,,,\n", two_tables()),
              AllOf(HasSubstr("line 2"), HasSubstr("a.wide"), HasSubstr("b.wide")));
}

TEST(Transactions, EachTableHasItsOwnShape) {
  const auto seen = see("I,t,dbo,2024-06-12 10:28:13,1,a\nI,wide,dbo,1,b,c,d\n", two_tables());
  EXPECT_THAT(rows_in(seen), ElementsAre("t I@1|1|a", "wide I@2|1|b|c|d"));
  EXPECT_THAT(
      refused("I,t,dbo,1,a\nI,wide,dbo,1,b,c\n", two_tables()),
      AllOf(HasSubstr("line 2 byte 12"), HasSubstr("the row of wide has 6 fields"),
            HasSubstr("Op, table, schema, a timestamp, 4 columns (8 fields); or Op, table, schema, 4 columns "
                      "(7 fields)")));
  EXPECT_THAT(refused("I,t,dbo,1,a\nI,t,dbo,1,b,c\n", two_tables()),
              AllOf(HasSubstr("line 2"), HasSubstr("the file's first row of t has 5")));
}

TEST(Transactions, ColumnsAndFormatApply) {
  auto options = with_tables(two_tables(), [](auto& tables) {
    tables[0].entries = {{ColumnEntry::Kind::Operation},
                         {ColumnEntry::Kind::Timestamp},
                         {ColumnEntry::Kind::Rest},
                         {ColumnEntry::Kind::Ignored, "change_seq"},
                         {ColumnEntry::Kind::Named, "BI_c1"}};
    tables[1].entries = {{ColumnEntry::Kind::Rest}};
  });
  options.format.header = true;  // of full loads: transaction files have none
  options.format.operation = Present::Never;
  const auto seen =
      see("U,t,dbo,2024-06-12 10:28:13,2,a,00061,1\nI,wide,dbo,1,,,\n"
          "U,t,dbo,2024-06-12 10:28:13,3,b,00062,\n",
          options);
  EXPECT_THAT(rows_in(seen),
              ElementsAre("t M@1|1|<null>", "t U@1|2|a", "wide I@2|1|<null>|<null>|<null>", "t U@3|3|b"));
}

TEST(Transactions, WhatIsNoRowOfATable) {
  EXPECT_THAT(refused("I,t,dbo\n", two_tables()),
              AllOf(HasSubstr("line 1"), HasSubstr("the row has 3 fields")));
  EXPECT_THAT(refused("I,t,dbo,1,a\nB,123,7,2024-06-12\n", two_tables()),
              AllOf(HasSubstr("line 2 byte 12"), HasSubstr("Op is 'B'")));
  EXPECT_THAT(refused("I,t,dbo,1,\"a\n", two_tables()), HasSubstr("never closed"));
  EXPECT_THAT(refused("I,t,dbo,1,a\nX,t,dbo,1,a\n", two_tables()),
              AllOf(HasSubstr("line 2"), HasSubstr("Op is 'X'")));
  EXPECT_THAT(see("\n\n", two_tables()).rows, IsEmpty());
  EXPECT_THAT(see("", two_tables()).rows, IsEmpty());
}

TEST(Transactions, BadRowsAreHandedOnWithTheirPlace) {
  auto options = two_tables();
  options.keep_bad_rows = true;
  const std::string text =
      "I,t,dbo,1,a\nI,wide,dbo,1,,,\nI,wide,dbo,2,,\nX,t,dbo,1,a\nI,t,dbo,3,\"a \xff\"\nI,t,dbo,4,d\n";
  const auto seen = see(text, options);
  EXPECT_THAT(rows_in(seen), ElementsAre("t I@1|1|a", "wide I@2|1|<null>|<null>|<null>", "t I@6|4|d"));
  ASSERT_EQ(seen.bad.size(), 3U);
  for (const auto& bad : seen.bad) EXPECT_EQ(text.substr(bad.byte_offset, bad.raw.size()), bad.raw);
}

// However the bytes come, and however small the pieces are into which they are split.
TEST(Transactions, TheSameInAllPieces) {
  std::mt19937 random(7);
  std::string text;
  std::vector<std::string> expected;
  for (std::uint64_t line = 1; line <= 300; ++line) {
    const auto value = std::string(random() % 40, static_cast<char>('a' + random() % 26));
    switch (random() % 3) {
      case 0:
        text += "I,t,dbo," + std::to_string(line) + ",\"" + value + "\"\"\"\n";
        expected.push_back("t I@" + std::to_string(line) + "|" + std::to_string(line) + "|" + value + "\"");
        break;
      case 1:
        text += "U,wide,dbo," + std::to_string(line) + ",x" + value + ",,\n";
        expected.push_back("wide U@" + std::to_string(line) + "|" + std::to_string(line) + "|x" + value +
                           "|<null>|<null>");
        break;
      default:
        text += "D,nobody,dbo," + value + "\n";
    }
  }
  for (const std::size_t piece : {1U, 7U, 4096U}) {
    for (const std::size_t batch : {1U, 50U, 1U << 20U}) {
      auto options = two_tables();
      options.batch_bytes = batch;
      EXPECT_EQ(rows_in(see(text, options, piece)), expected) << piece << " " << batch;
    }
  }
}

}  // namespace
}  // namespace peo::decode
