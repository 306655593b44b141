// FORMAT accepts each description of the files' CSV dialect, and explains what it refuses.
#include "config/format_settings.hpp"

#include <gmock/gmock.h>

namespace peo::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

FileFormat good_format(std::string_view text) {
  Problems problems;
  auto format = read_format(text, problems);
  EXPECT_THAT(problems.texts(), IsEmpty()) << text;
  return format;
}

std::string format_problem(std::string_view text) {
  Problems problems;
  read_format(text, problems);
  return problems.texts().empty() ? "none" : problems.texts().front();
}

// "Op Timestamp * name -name"
std::string shape(const ColumnEntries& entries) {
  std::string text;
  for (const auto& entry : entries) {
    text += text.empty() ? "" : " ";
    switch (entry.kind) {
      case ColumnEntry::Kind::Operation:
        text += "Op";
        break;
      case ColumnEntry::Kind::Timestamp:
        text += "Timestamp";
        break;
      case ColumnEntry::Kind::Rest:
        text += "*";
        break;
      case ColumnEntry::Kind::Named:
        text += entry.name;
        break;
      case ColumnEntry::Kind::Ignored:
        text += "-" + entry.name;
        break;
    }
  }
  return text;
}

std::string columns_problem(std::string_view text) {
  Problems problems;
  read_columns(text, problems);
  return problems.texts().empty() ? "none" : problems.texts().front();
}

TEST(FormatSettings, Everything) {
  const auto format = good_format(
      "header=yes op=changes timestamp=never timestamp_name='dms ts' before_image=before_ null=,NULL,\\\\N "
      "quoted_null=yes no_sup_value=__not_logged__ delimiter='||' row_delimiter=crlf quoting=none");
  EXPECT_EQ(format.header, true);
  EXPECT_EQ(format.operation, Present::Changes);
  EXPECT_EQ(format.timestamp, Present::Never);
  EXPECT_EQ(format.timestamp_name, "dms ts");
  EXPECT_EQ(format.before_image, "before_");
  EXPECT_THAT(format.null_tokens, ElementsAre("", "NULL", "\\N"));
  EXPECT_TRUE(format.quoted_null);
  EXPECT_EQ(format.no_sup_value, "__not_logged__");
  EXPECT_EQ(format.delimiter, "||");
  EXPECT_EQ(format.row_delimiter, "\r\n");
  EXPECT_FALSE(format.quoting);
}

TEST(FormatSettings, Delimiters) {
  EXPECT_EQ(good_format("delimiter=tab").delimiter, "\t");
  EXPECT_EQ(good_format(R"(delimiter='\\t')").delimiter, "\t");
  EXPECT_EQ(good_format(R"(delimiter='\\x1F')").delimiter, "\x1f");
  EXPECT_EQ(good_format("delimiter=|").delimiter, "|");
  EXPECT_EQ(good_format(R"(row_delimiter='\\x1e\\n')").row_delimiter, "\x1e\n");
}

TEST(FormatSettings, Refused) {
  EXPECT_THAT(format_problem("delimeter=;"), HasSubstr("did you mean delimiter?"));
  EXPECT_THAT(format_problem("header=perhaps"), HasSubstr("expected auto, yes or no"));
  EXPECT_THAT(format_problem("op=sometimes"), HasSubstr("always, changes"));
  EXPECT_THAT(format_problem("delimiter=''"), HasSubstr("1 to 16 bytes"));
  EXPECT_THAT(format_problem(R"(delimiter='\\x00')"), HasSubstr("1 to 16 bytes"));
  EXPECT_THAT(format_problem(R"(delimiter='\\q')"), HasSubstr("1 to 16 bytes"));
  EXPECT_THAT(format_problem(R"(delimiter='\\n')"), HasSubstr("line break"));
  EXPECT_THAT(format_problem("delimiter='\"'"), HasSubstr("set quoting=none"));
  EXPECT_THAT(format_problem("delimiter='||' row_delimiter='|'"), HasSubstr("no field would ever end"));
  EXPECT_THAT(format_problem("no_sup_value="), HasSubstr("CsvNoSupValue"));
  EXPECT_THAT(format_problem("no_sup_value=NULL"), HasSubstr("a field can't mean both"));
  EXPECT_THAT(format_problem("op=yes op=no"), HasSubstr("twice"));
  EXPECT_THAT(format_problem("header"), HasSubstr("word 1 has no"));
}

TEST(FormatSettings, Columns) {
  Problems problems;
  const auto lists = read_columns(
      " Op,Timestamp,*,-change_seq; Orders = op, timestamp , *,- "
      "change_seq,BI_order_id;odd=\"Op\",\"*\",-\"a b\"",
      problems);
  EXPECT_THAT(problems.texts(), IsEmpty());
  EXPECT_EQ(shape(lists.of("anything")), "Op Timestamp * -change_seq");
  EXPECT_EQ(shape(lists.of("ORDERS")), "Op Timestamp * -change_seq BI_order_id");
  EXPECT_EQ(lists.of("odd")[0].kind, ColumnEntry::Kind::Named);
  EXPECT_EQ(shape(lists.of("odd")), "Op * -a b");
  EXPECT_TRUE(ColumnLists{}.of("t").empty());
}

TEST(FormatSettings, ColumnsRefused) {
  EXPECT_THAT(columns_problem("Op,,a"), HasSubstr("is not a field"));
  EXPECT_THAT(columns_problem("Op,-"), HasSubstr("is not a field"));
  EXPECT_THAT(columns_problem("*,a,*"), HasSubstr("twice"));
  EXPECT_THAT(columns_problem("*;Op,*"), HasSubstr("two lists"));
  EXPECT_THAT(columns_problem("t=*;T=*"), HasSubstr("two lists"));
  EXPECT_THAT(columns_problem("=*"), HasSubstr("starts with"));
}

}  // namespace
}  // namespace peo::config
