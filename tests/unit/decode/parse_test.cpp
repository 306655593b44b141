// CSV as DMS writes it is parsed into changes: quoting, NULL, row endings, limits, and where an error is.
#include <gmock/gmock.h>

#include <random>

#include "rows.hpp"

namespace peo::decode {
namespace {

using ::testing::HasSubstr;

TEST(Parse, RealChangeRows) {
  // Rows of public AWS DMS output: a full delete row, and one of which only the key is filled.
  const auto rows = read_all(
      "I,101,Smith,Bob,4-Jun-14,New York\nU,101,Smith,Bob,8-Oct-15,Los "
      "Angeles\nD,101,Smith,Bob,13-Mar-17,Dallas\n"
      "D,19998,,,,\n",
      change(5));
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[1], (Read{'U', 2, {"101", "Smith", "Bob", "8-Oct-15", "Los Angeles"}}));
  EXPECT_EQ(rows[3], (Read{'D', 4, {"19998", "<null>", "<null>", "<null>", "<null>"}}));
}

TEST(Parse, RealFullLoadRowsKeepBlanksAndUndoQuotes) {
  const auto rows = read_all(
      "103,Atelier graphique,Schmitt,Carine ,40.32.2555,\"54, rue "
      "Royale\",,Nantes,,44000,France,1370,21000.00\n",
      load(13));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].operation, 'I');
  EXPECT_EQ(rows[0].fields[3], "Carine ");
  EXPECT_EQ(rows[0].fields[5], "54, rue Royale");
  EXPECT_EQ(rows[0].fields[6], "<null>");
}

TEST(Parse, QuotesLineBreaksAndTheWordNull) {
  const auto rows = read_all(
      "I,1,\"CSV,killer\n\"\"with\"\",everything\ttogether 日本\",NULL,\"NULL\",\"\",\nU,2,a,null,N,x,y\n",
      change(6));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].fields, (std::vector<std::string>{"1", "CSV,killer\n\"with\",everything\ttogether 日本",
                                                      "<null>", "NULL", "", "<null>"}));
  EXPECT_EQ(rows[1], (Read{'U', 3, {"2", "a", "null", "N", "x", "y"}}));
}

TEST(Parse, ColumnsThatAreNotInTheLog) {
  auto options = change(3);
  options.format.no_sup_value = "~";
  const auto rows = read_all("U,1,~,\"~\"\nU,~,~~,\nD,2,~,x\n", options);
  EXPECT_EQ(rows[0].fields, (std::vector<std::string>{"1", "<unlogged>", "<unlogged>"}));
  EXPECT_EQ(rows[1].fields, (std::vector<std::string>{"~", "~~", "<null>"}));
  options.kind = DeliveryKind::FullLoad;
  EXPECT_EQ(read_all("1,~,x\n", options)[0].fields, (std::vector<std::string>{"1", "~", "x"}));
  // A before-image that isn't in the log is none; the old key's row has nothing but the key.
  options = change(2);
  options.format.no_sup_value = "~";
  options.entries = {
      {ColumnEntry::Kind::Operation}, {ColumnEntry::Kind::Rest}, {ColumnEntry::Kind::Named, "BI_c1"}};
  const auto moved = read_all("U,2,~,1\nU,3,a,~\n", options);
  ASSERT_EQ(moved.size(), 3U);
  EXPECT_EQ(moved[0].operation, 'M');
  EXPECT_EQ(moved[0].fields, (std::vector<std::string>{"1", "<null>"}));
  EXPECT_EQ(moved[1].fields, (std::vector<std::string>{"2", "<unlogged>"}));
  EXPECT_EQ(moved[2].fields, (std::vector<std::string>{"3", "a"}));
}

TEST(Parse, RowEndings) {
  EXPECT_EQ(read_all("1,a\r\n2,b\r\n", load(2)), read_all("1,a\n2,b", load(2)));
  EXPECT_EQ(read_all("1,\"a\r\nb\"\n", load(2))[0].fields[1], "a\r\nb");
  EXPECT_EQ(read_all("1,a\rb\n", load(2))[0].fields[1], "a\rb");
  EXPECT_THAT(refusal("1,a\n2,b\r\n", load(2)), HasSubstr("line 2"));
  EXPECT_THAT(refusal("1,a\r\n2,b\n", load(2)), HasSubstr("CR LF"));
}

TEST(Parse, NothingAndEmptyLines) {
  EXPECT_TRUE(read_all("", load(2)).empty());
  EXPECT_TRUE(read_all("\n\n", load(2)).empty());
  EXPECT_EQ(read_all("\n1,a\n\n2,b\n", load(2))[1], (Read{'I', 4, {"2", "b"}}));
  EXPECT_EQ(read_all("x\n\ny\n", load(1)).size(), 2U);
  auto options = load(1);
  options.format.null_tokens = {"NULL"};  // now an empty field is the empty text
  EXPECT_EQ(read_all("x\n\ny\n", options).size(), 3U);
}

TEST(Parse, FullLoadWithOp) {
  EXPECT_EQ(read_all("I,1,Beverages,\"Soft drinks, coffees\"\n", load(3))[0].fields[0], "1");
  EXPECT_THAT(refusal("I,1,a,b\nU,2,a,b\n", load(3)), HasSubstr("line 2"));
}

TEST(Parse, RefusalsSayWhere) {
  EXPECT_THAT(refusal("1,a\n2,b,c\n", load(2)), HasSubstr("line 2 byte 4: the row has 3 fields"));
  EXPECT_THAT(refusal("1,a,b,c\n", load(2)),
              HasSubstr("the row has 4 fields (1, a, b, c); expected: Op, a timestamp, 2 columns (4 fields), "
                        "but field 1 is not I, U or D"));
  EXPECT_THAT(refusal("1\n", change(2)), HasSubstr("Op, 2 columns (3 fields)"));
  EXPECT_THAT(refusal("X,1,a\n", change(2)), HasSubstr("expected: Op, a timestamp, 2 columns"));
  EXPECT_THAT(refusal("1,\"a\n2,b\n", load(2)), HasSubstr("never closed"));
  EXPECT_THAT(refusal("1,\"a\"b\n", load(2)), HasSubstr("text follows a closing quote"));
  EXPECT_THAT(refusal("1,a\"b\n", load(2)), HasSubstr("a quote inside a field"));
}

TEST(Parse, ALineOfCommasIsNotKeptWhole) {
  EXPECT_THAT(refusal("1,a\n" + std::string(100'000, ','), load(2)), HasSubstr("line 2"));
  EXPECT_THAT(refusal(std::string(100'000, ','), load(2)), HasSubstr("the row has 100001 fields"));
}

TEST(Parse, RowLongerThanTheLimit) {
  auto options = load(2);
  options.batch_bytes = 16;
  options.max_row_bytes = 64;
  EXPECT_EQ(read_all("1," + std::string(50, 'x') + "\n2,b\n", options).size(), 2U);
  EXPECT_THAT(refusal("1," + std::string(100, 'x') + "\n", options), HasSubstr("longer than 64 bytes"));
}

// A slow, plain reading of the same grammar.
std::vector<std::vector<std::string>> plainly(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::size_t i = 0;
  while (i < text.size()) {
    std::vector<std::string> row;
    while (true) {
      std::string field;
      bool quoted = false;
      if (i < text.size() && text[i] == '"') {
        quoted = true;
        for (++i; text[i] != '"' || text[i + 1] == '"'; ++i) {
          if (text[i] == '"') ++i;
          field += text[i];
        }
        ++i;
      } else {
        while (text[i] != ',' && text[i] != '\n') field += text[i++];
      }
      row.push_back(!quoted && (field.empty() || field == "NULL") ? "<null>" : field);
      if (text[i++] == '\n') break;
    }
    rows.push_back(row);
  }
  return rows;
}

TEST(Parse, AnyCutAndAnyBufferGiveTheSameRows) {
  std::mt19937 random(7);
  const std::vector<std::string> values = {"",           "a",  "NULL", "x,y", "q\"q",
                                           "two\nlines", "\"", "\r\n", "Ünï", " b "};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (unsigned row = 0; row < 1 + random() % 8; ++row) {
      text += std::to_string(row);
      for (int k = 0; k < 3; ++k) {
        std::string value = values[random() % values.size()];
        if (value.find_first_of(",\"\r\n") != std::string::npos || random() % 5 == 0) {
          for (std::size_t at = 0; (at = value.find('"', at)) != std::string::npos; at += 2)
            value.insert(at, 1, '"');
          value = '"' + value + '"';
        }
        text += "," + value;
      }
      text += "\n";
    }
    const auto expected = plainly(text);
    auto options = load(4);
    options.batch_bytes = 1 + random() % 40;
    const auto rows = read_all(text, options, 1 + random() % 20);
    ASSERT_EQ(rows.size(), expected.size()) << text;
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].fields, expected[i]) << text;
  }
}

}  // namespace
}  // namespace peo::decode
