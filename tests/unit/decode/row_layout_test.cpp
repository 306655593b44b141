// Which fields of a file are which columns: by width, by header, by FORMAT and COLUMNS.
#include <gmock/gmock.h>

#include "rows.hpp"

namespace peo::decode {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Kind = ColumnEntry::Kind;
const ColumnEntry op{Kind::Operation}, timestamp{Kind::Timestamp}, rest{Kind::Rest};
ColumnEntry named(const std::string& name) { return {Kind::Named, name}; }
ColumnEntry ignored(const std::string& name) { return {Kind::Ignored, name}; }

ParseOptions with(ParseOptions options, ColumnEntries entries) {
  options.entries = std::move(entries);
  return options;
}
ParseOptions with(ParseOptions options, const std::function<void(FileFormat&)>& set) {
  set(options.format);
  return options;
}

// Northwind's orders and order_details, as the public files have them.
ParseOptions orders(DeliveryKind kind) {
  ParseOptions options{.kind = kind, .entity = "orders"};
  for (const char* name : {"order_id", "customer_id", "employee_id", "order_date", "required_date",
                           "shipped_date", "ship_via", "freight", "ship_name", "ship_address", "ship_city",
                           "ship_region", "ship_postal_code", "ship_country"})
    options.columns.push_back({name, options.columns.empty()});
  return options;
}
ParseOptions details() {
  ParseOptions options{.kind = DeliveryKind::Change, .entity = "order_details"};
  for (const char* name : {"order_id", "product_id", "unit_price", "quantity", "discount"})
    options.columns.push_back({name, options.columns.size() < 2});
  return options;
}

TEST(RowLayout, ByWidth) {
  EXPECT_EQ(read_all("1,a\n", load(2)), (std::vector<Read>{{'I', 1, {"1", "a"}}}));
  EXPECT_EQ(read_all("I,1,a\n", load(2)), read_all("1,a\n", load(2)));
  EXPECT_EQ(read_all("2024-06-12 10:28:13.994638,1,a\n", load(2)), read_all("1,a\n", load(2)));
  EXPECT_EQ(read_all("I,2024-06-12 10:28:13.994638,1,a\n", load(2)), read_all("1,a\n", load(2)));
  EXPECT_EQ(read_all("U,1,a\n", change(2))[0].operation, 'U');
  EXPECT_EQ(read_all("DELETE,1,a\n", change(2))[0].operation, 'D');
  EXPECT_EQ(read_all("U,2024-06-12 10:28:13,1,a\n", change(2))[0].fields,
            (std::vector<std::string>{"1", "a"}));
}

// CdcInsertsOnly leaves Op out, and a timestamp may still be there.
TEST(RowLayout, InsertsOnly) {
  EXPECT_EQ(read_all("1,a\n2,b\n", change(2)).size(), 2U);
  EXPECT_EQ(read_all("2024-06-12 10:28:13.1,1,a\n", change(2))[0], (Read{'I', 1, {"1", "a"}}));
  EXPECT_EQ(read_all("I,1,a\nU,1,b\n", change(2))[1], (Read{'U', 2, {"1", "b"}}));
}

TEST(RowLayout, BothReadingsAreShown) {
  EXPECT_THAT(refusal("I,a\n", change(2)), AllOf(HasSubstr("is ambiguous"), HasSubstr("2 columns without Op"),
                                                 HasSubstr("Op and 1 of the table's 2 columns")));
  EXPECT_EQ(read_all("I,a\n", with(change(2), [](auto& f) { f.operation = Present::Never; }))[0],
            (Read{'I', 1, {"I", "a"}}));
  EXPECT_THAT(refusal("c1\n", load(1)), HasSubstr("(c1) may be a header or data"));
  EXPECT_EQ(read_all("c1\n", with(load(1), [](auto& f) { f.header = false; })).size(), 1U);
  EXPECT_EQ(read_all("c1\n", with(load(1), [](auto& f) { f.header = true; })).size(), 0U);
}

TEST(RowLayout, NoReadingFits) {
  EXPECT_THAT(refusal("X,1,a\n", change(2)),
              AllOf(HasSubstr("line 1"), HasSubstr("the row has 3 fields (X, 1, a); expected: "),
                    HasSubstr("Op, a timestamp, 2 columns (4 fields)"), HasSubstr("FORMAT or COLUMNS")));
  EXPECT_THAT(refusal("I,1,a,extra,extra\n", change(2)), HasSubstr("the row has 5 fields"));
}

TEST(RowLayout, HeaderInAnyOrderAndCase) {
  EXPECT_EQ(read_all("Op,C2,c1\nU,a,1\nD,,2\n", change(2)),
            (std::vector<Read>{{'U', 2, {"1", "a"}}, {'D', 3, {"2", "<null>"}}}));
  EXPECT_EQ(read_all("C1,C2\n1,a\n", load(2)), (std::vector<Read>{{'I', 2, {"1", "a"}}}));
  EXPECT_EQ(read_all("c3,c1\n9,1\n", load(3)), (std::vector<Read>{{'I', 2, {"1", "<absent>", "9"}}}));
  EXPECT_TRUE(read_all("Op,c1,c2\n", change(2)).empty());
  EXPECT_EQ(read_all("\r\nOp,c1,c2\r\nI,1,a\r\n", change(2))[0].line, 3U);
}

// A value may be equal to a column's name.
TEST(RowLayout, DataThatLooksLikeAHeader) {
  EXPECT_EQ(read_all("1,c2,c3\n", load(3)).size(), 1U);
  EXPECT_EQ(read_all("c1,5\n", load(2)).size(), 1U);
  EXPECT_THAT(refusal("1,c2,c3,c4\n", load(4)), HasSubstr("may be a header or data"));
  EXPECT_EQ(read_all("1,c2,c3,c4\n", with(load(4), [](auto& f) { f.header = false; })).size(), 1U);
}

// For the status and the page: the names of a header, and nothing of a row that may be data.
TEST(RowLayout, RefusedWithoutValues) {
  const auto shown = [](const std::string& text, const ParseOptions& options) {
    try {
      read_all(text, options);
    } catch (const Error& error) {
      return error.without_values();
    }
    return std::string();
  };
  EXPECT_EQ(shown("Op,c1,c2,Country\nI,1,a,x\n", change(2)),
            "the file has a column that table t lacks: Country");
  const auto told = with(change(2), [](auto& f) { f.header = true; });
  EXPECT_EQ(shown("s3cr3t,c1,3,4\n", told), "the file's columns don't match the table's");
  EXPECT_THAT(shown("I,s3cr3t,2,3,4\n", change(2)),
              AllOf(HasSubstr("the row has 5 fields; expected: "), testing::Not(HasSubstr("s3cr3t"))));
}

TEST(RowLayout, HeaderRefused) {
  EXPECT_THAT(refusal("Op,c2,c3\nI,a,b\n", change(3)),
              HasSubstr("lacks column c1, which is part of the table's key"));
  EXPECT_THAT(refusal("Op,c1,C1\nI,1,1\n", change(2)),
              AllOf(HasSubstr("the file has columns c1 and C1, which are both column c1 of t"),
                    HasSubstr("COMMENT ON COLUMN t.its_name IS 'Source column: C1.';")));
  EXPECT_THAT(refusal("Op,c1,c1\nI,1,1\n", change(2)), HasSubstr("the file has column c1 twice"));
  EXPECT_THAT(refusal("Op,dms_ts,c1,c2\n", change(2)),
              AllOf(HasSubstr("a column that table t lacks: dms_ts"), HasSubstr("timestamp_name=NAME")));
  EXPECT_THAT(refusal("Op,c1,c2\nI,1\n", change(2)), HasSubstr("line 2 byte 9: the row has 2 fields"));
}

TEST(RowLayout, HeaderWithTimestampAndLeftOut) {
  const std::string text = "Op,dms_ts,c1,c2,seq\nU,2024-06-12 10:28:13.1,1,a,7\n";
  auto options = with(change(2), [](auto& f) { f.timestamp_name = "DMS_TS"; });
  EXPECT_EQ(read_all(text, with(options, ColumnEntries{op, rest, ignored("seq")}))[0],
            (Read{'U', 2, {"1", "a"}}));
}

TEST(RowLayout, OpMayBeAColumnToo) {
  auto options = load(2);
  options.columns[1].name = "op";
  EXPECT_THAT(refusal("Op,c1\nx,1\n", options), HasSubstr("FORMAT=op=always, changes or never"));
  EXPECT_EQ(read_all("Op,c1\nx,1\n", with(options, [](auto& f) { f.operation = Present::Never; }))[0].fields,
            (std::vector<std::string>{"1", "x"}));
  EXPECT_EQ(read_all("Op,c1,op\nI,1,x\n", options)[0].fields, (std::vector<std::string>{"1", "x"}));
  EXPECT_EQ(read_all("c1,op\n1,x\n", options)[0].fields, (std::vector<std::string>{"1", "x"}));
}

TEST(RowLayout, ColumnsWithAChangeSequence) {
  const ColumnEntries entries{op, timestamp, rest, ignored("change_seq"), named("BI_order_id")};
  const auto changes = with(orders(DeliveryKind::Change), entries);
  const std::string start =
      "I,2024-06-12 10:30:25.104667,19998,VINET,5,1996-07-04,1996-08-01,1996-07-16,3,+3.23800011e+01,Vins et "
      "alcools "
      "Chevalier,59 rue de l'Abbaye,Reims,,51100,France";
  for (const char* end :
       {"\n", ",20240612103025100000000000000000061\n", ",20240612103025100000000000000000061,\n"}) {
    const auto rows = read_all(start + end, changes);  // the last two may be missing
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].fields[0], "19998");
    EXPECT_EQ(rows[0].fields[7], "+3.23800011e+01");
    EXPECT_EQ(rows[0].fields[11], "<null>");
    EXPECT_EQ(rows[0].fields[13], "France");
  }
  EXPECT_THAT(refusal("I,2024-06-12 10:30:25.104667,19998,VINET\n", changes), HasSubstr("(16 to 18 fields)"));
  // A full load has no Op unless it is asked for.
  const auto loads = with(orders(DeliveryKind::FullLoad), entries);
  EXPECT_EQ(read_all(start + ",\n", loads), read_all(start.substr(2) + ",\n", loads));
}

TEST(RowLayout, ColumnsByName) {
  auto options = with(change(3), {op, named("C3"), ignored("gone"), rest});
  EXPECT_EQ(read_all("U,z,-,1,b\n", options)[0].fields, (std::vector<std::string>{"1", "b", "z"}));
  options = with(change(3), {op, named("c1"), named("c2"), named("c3")});
  EXPECT_EQ(read_all("U,1,b\n", options)[0].fields, (std::vector<std::string>{"1", "b", "<absent>"}));
  EXPECT_THAT(refusal("U,1,b\n", with(change(3), {op, rest, named("nobody")})),
              HasSubstr("COLUMNS names nobody"));
  EXPECT_THAT(refusal("U,2,b\n", with(change(3), {op, named("c2"), named("c3")})),
              HasSubstr("lacks column c1"));
}

TEST(RowLayout, ChangedKeysAreTwoChanges) {
  const auto options =
      with(details(), {op, timestamp, rest, ignored("seq"), named("BI_order_id"), named("BI_product_id")});
  const auto rows = read_all(
      "I,2024-07-05 "
      "20:10:20.398019,30014,65,+1.10000000e+01,12,+0.00000000e+00,20240705201020390000000000000000109,,\n"
      "U,2024-07-05 "
      "20:09:37.835497,30010,77,+1.10000000e+01,1,+0.00000000e+00,20240705200937830000000000000000073,"
      "30010,1\n"
      "U,2024-07-05 "
      "20:09:37.835497,30010,77,+1.10000000e+01,1,+0.00000000e+00,20240705200937830000000000000000074,,\n"
      "U,2024-07-05 "
      "20:09:37.835497,30010,77,+1.10000000e+01,2,+0.00000000e+00,20240705200937830000000000000000075,"
      "30010,77\n"
      "U,2024-07-05 "
      "20:09:37.835497,30010,78,+1.10000000e+01,2,+0.00000000e+00,20240705200937830000000000000000076,"
      ",77\n",
      options);
  EXPECT_THAT(rows, ElementsAre(Read{'I', 1, {"30014", "65", "+1.10000000e+01", "12", "+0.00000000e+00"}},
                                Read{'M', 2, {"30010", "1", "<null>", "<null>", "<null>"}},
                                Read{'U', 2, {"30010", "77", "+1.10000000e+01", "1", "+0.00000000e+00"}},
                                Read{'U', 3, {"30010", "77", "+1.10000000e+01", "1", "+0.00000000e+00"}},
                                Read{'U', 4, {"30010", "77", "+1.10000000e+01", "2", "+0.00000000e+00"}},
                                Read{'M', 5, {"30010", "77", "<null>", "<null>", "<null>"}},
                                Read{'U', 5, {"30010", "78", "+1.10000000e+01", "2", "+0.00000000e+00"}}));
}

TEST(RowLayout, BeforeImagesByHeader) {
  auto options = details();
  options.format.before_image = "before_";
  const auto rows = read_all(
      "Op,product_id,order_id,BEFORE_order_id,before_quantity,quantity\nU,5,2,1,7,8\nU,5,3,3,8,9\n", options);
  EXPECT_THAT(rows, ElementsAre(Read{'M', 2, {"1", "5", "<absent>", "<null>", "<absent>"}},
                                Read{'U', 2, {"2", "5", "<absent>", "8", "<absent>"}},
                                Read{'U', 3, {"3", "5", "<absent>", "9", "<absent>"}}));
}

ParseOptions drifting(ParseOptions options, SchemaDrift drift) {
  options.drift = drift;
  return options;
}
RowLayout shape(const std::vector<std::string_view>& row, const ParseOptions& options) {
  return row_layout(row, {.kind = options.kind,
                          .entity = options.entity,
                          .columns = options.columns,
                          .format = options.format,
                          .entries = options.entries,
                          .drift = options.drift});
}

TEST(SchemaDriftShape, HeaderNamesAreLeftOut) {
  const auto ignoring = drifting(change(2), SchemaDrift::Ignore);
  EXPECT_EQ(read_all("Op,c1,new,c2,New 2\nU,1,x,a,y\n", ignoring), (std::vector<Read>{{'U', 2, {"1", "a"}}}));
  EXPECT_THAT(shape({"Op", "c1", "new", "c2", "New 2"}, ignoring).ignored_columns,
              ElementsAre("new", "New 2"));
  // More new names than old ones: it may as well be data.
  EXPECT_THAT(refusal("c1,a,b,c,d\n1,a,b,c,d\n", ignoring), HasSubstr("may be a header or data"));
  const auto header = with(ignoring, [](auto& f) { f.header = true; });
  EXPECT_EQ(read_all("c1,a,b,c,d\n1,a,b,c,d\n", header)[0].fields,
            (std::vector<std::string>{"1", "<absent>"}));
}

TEST(SchemaDriftShape, HeaderNamesAreAdded) {
  const auto adding = drifting(change(2), SchemaDrift::Add);
  const auto found =
      shape({"Op", "NEW", "c2", "c1"}, with(adding, [](auto& f) { f.timestamp = Present::Never; }));
  EXPECT_THAT(found.mapping->added, ElementsAre("new"));
  EXPECT_EQ(found.mapping->known, 2U);
  EXPECT_THAT(found.mapping->columns, ElementsAre(2U, 1U, 0U));
  EXPECT_THAT(found.ignored_columns, ElementsAre());
  EXPECT_THAT(refusal("Op,new,c1,c2\nI,x,1,a\n", adding), HasSubstr("may be DMS's timestamp"));
  EXPECT_THAT(shape({"Op", "at", "c1", "c2", "x"}, with(adding, [](auto& f) { f.timestamp_name = "AT"; }))
                  .mapping->added,
              ElementsAre("x"));
  // Cut as PostgreSQL cuts it: two that become one.
  const std::string name(63, 'n');
  EXPECT_THAT(refusal("Op,c1,c2," + name + "1," + name + "2\n", adding),
              AllOf(HasSubstr("which are both column " + name), HasSubstr("Source column: ")));
  EXPECT_THAT(shape({"Op", "c1", "c2", "BI_c1", "BI_x", "x"}, adding).mapping->added, ElementsAre("x"));
  EXPECT_THAT(shape({"Op", "c1", "c2", "BI_x"}, adding).mapping->added, ElementsAre("bi_x"));
}

TEST(SchemaDriftShape, NamesThatNoColumnCanHave) {
  auto options = change(2);
  options.drift = SchemaDrift::Add;
  using namespace std::string_literals;
  EXPECT_THAT(refusal("Op,c1,c2,a\0b\nI,1,a,n\n"s, options), HasSubstr("a NUL byte"));
  EXPECT_THAT(refusal("Op,c1,c2,a\xff\nI,1,a,n\n", options), HasSubstr("is not valid UTF-8"));
  for (const char* name : {"event_id", "Delivery_ID", "ctid", "XMIN", "tableoid"}) {
    for (const auto drift : {SchemaDrift::Add, SchemaDrift::Stop}) {
      options.drift = drift;
      EXPECT_THAT(refusal(std::string("Op,c1,c2,") + name + "\nI,1,a,n\n", options),
                  AllOf(HasSubstr("reserved"), HasSubstr(std::string("COLUMNS=-") + name)));
    }
  }
}

ParseOptions with_sources(ParseOptions options, const std::vector<std::string>& sources) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].empty()) options.columns[i].sources = {sources[i]};
  }
  return options;
}

// Columns whose comments name those of the source: c1, c2, … are other columns then.
TEST(SourceColumns, AHeaderHasTheSourcesNames) {
  const auto options = with_sources(change(3), {"OrderID", "UnitPrice", "event_id"});
  EXPECT_EQ(read_all("Op,EVENT_ID,orderid,UnitPrice\nU,7,1,a\n", options)[0].fields,
            (std::vector<std::string>{"1", "a", "7"}));
  EXPECT_EQ(read_all("Op,BI_OrderID,OrderID,UnitPrice,event_id\nU,2,1,a,7\n", options).size(), 2U);
  EXPECT_THAT(refusal("Op,OrderID,c2\nU,1,a\n", options),
              AllOf(HasSubstr("a column that table t lacks: c2"),
                    HasSubstr("COMMENT ON COLUMN t.its_name IS 'Source column: c2.';")));
  EXPECT_THAT(refusal("Op,UnitPrice,event_id\nU,a,1\n", options),
              HasSubstr("lacks column c1 (OrderID in the files), which is part of the table's key"));
  const auto swapped = with_sources(change(2), {"c2", "c1"});
  EXPECT_EQ(read_all("Op,c1,c2\nU,a,1\n", swapped)[0].fields, (std::vector<std::string>{"1", "a"}));
  const std::string name(100, 'n');
  EXPECT_EQ(read_all("Op,c1," + name + "1\nU,1,a\n", with_sources(change(2), {"", name + "1"})).size(), 1U);
}

// A column that was renamed at the source: old files have the old name, newer ones the new one.
TEST(SourceColumns, ANameOfBeforeAndOneOfNow) {
  auto options = change(2);
  options.columns[1].sources = {"UnitPrice", "Price"};
  for (const char* name : {"UnitPrice", "Price", "PRICE"}) {
    EXPECT_EQ(read_all(std::string("Op,") + name + ",c1\nU,9,1\n", options)[0].fields,
              (std::vector<std::string>{"1", "9"}))
        << name;
  }
  EXPECT_THAT(
      refusal("Op,c1,Price,UnitPrice\nU,1,8,9\n", options),
      HasSubstr("the file has columns Price and UnitPrice, which are both column c2 (UnitPrice or Price"));
  EXPECT_EQ(read_all("U,9,1\n", with(options, ColumnEntries{op, named("Price"), named("c1")}))[0].fields,
            (std::vector<std::string>{"1", "9"}));
}

// As PostgreSQL folds the name of a column that isn't quoted.
TEST(SourceColumns, OnlyASCIILettersHaveACase) {
  auto options = change(2);
  options.columns[1].name = "größe";
  EXPECT_EQ(read_all("Op,c1,GRößE\nU,1,a\n", options)[0].fields, (std::vector<std::string>{"1", "a"}));
  EXPECT_THAT(refusal("Op,c1,GRÖßE\nU,1,a\n", options),
              HasSubstr("the file has a column that table t lacks"));
}

TEST(SourceColumns, NamesThatDifferOnlyByCase) {
  const auto options = with_sources(change(4), {"", "Name", "NAME"});
  EXPECT_EQ(read_all("Op,c1,NAME,Name\nU,1,b,a\n", options)[0].fields,
            (std::vector<std::string>{"1", "a", "b", "<absent>"}));
  // One of them alone replaces the other no more than a third.
  EXPECT_THAT(refusal("Op,c1,c4,name\nU,1,d,a\n", options),
              AllOf(HasSubstr("differs only in case"), HasSubstr("c2 (Name in the files) or c3 (NAME")));
  EXPECT_EQ(read_all("Op,C1,c2,C2\nU,1,a,b\n", with_sources(change(3), {"", "", "C2"}))[0].fields,
            (std::vector<std::string>{"1", "a", "b"}));
}

TEST(SourceColumns, ListedBySourceOrTable) {
  auto options = with_sources(change(2), {"OrderID", ""});
  EXPECT_EQ(read_all("U,a,1\n", with(options, ColumnEntries{op, named("c2"), named("orderid")}))[0].fields,
            (std::vector<std::string>{"1", "a"}));
  EXPECT_EQ(read_all("U,a,1\n", with(options, ColumnEntries{op, named("c2"), named("C1")}))[0].fields,
            (std::vector<std::string>{"1", "a"}));
}

TEST(SourceColumns, NothingIsAddedUnderATakenName) {
  auto options = with_sources(change(2), {"", "UnitPrice"});
  options.drift = SchemaDrift::Add;
  EXPECT_THAT(refusal("Op,c1,UnitPrice,C2\nU,1,a,b\n", options),
              AllOf(HasSubstr("a column C2 that table t lacks"), HasSubstr("c2 (UnitPrice in the files)")));
}

// The last column of three was added for delivery 5.
TEST(SchemaDriftShape, FilesFromBeforeAColumnWasAdded) {
  auto options = change(3);
  options.format.operation = Present::Always;
  options.columns[2].added_by = 5;
  EXPECT_EQ(read_all("I,1,a,b\n", options)[0].fields, (std::vector<std::string>{"1", "a", "b"}));
  EXPECT_EQ(read_all("I,1,a\n", options)[0].fields, (std::vector<std::string>{"1", "a", "<absent>"}));
  EXPECT_THAT(refusal("I,1\n", options), HasSubstr("Op, 3 columns"));
  // A column that was always there is never missing.
  options.columns[2].added_by = 0;
  EXPECT_THAT(refusal("I,1,a\n", options), HasSubstr("Op, 3 columns"));
  // One that was loaded before is read as it was: this row has Op and two columns, not three columns.
  options = change(3);
  options.columns[2].added_by = 5;
  EXPECT_THAT(refusal("I,1,a\n", options), HasSubstr("is ambiguous"));
  options.loaded_as = 4;
  EXPECT_EQ(read_all("I,1,a\n", options)[0].fields, (std::vector<std::string>{"1", "a", "<absent>"}));
  options.loaded_as = 5;
  EXPECT_EQ(read_all("I,1,a,b\n", options)[0].fields, (std::vector<std::string>{"1", "a", "b"}));
  // It was loaded once more since.
  EXPECT_EQ(read_all("I,1,a\n", options)[0].fields, (std::vector<std::string>{"1", "a", "<absent>"}));
}

TEST(SchemaDriftShape, WithoutAHeaderOnlyWhereItIsSure) {
  const auto ignoring = [](const ParseOptions& options) { return drifting(options, SchemaDrift::Ignore); };
  EXPECT_EQ(read_all("1,a,x,y\n", ignoring(load(2))), read_all("1,a\n", load(2)));
  EXPECT_EQ(read_all("U,1,a,x\n", ignoring(change(2))), read_all("U,1,a\n", change(2)));
  EXPECT_THAT(shape({"U", "1", "a", "x"}, ignoring(change(2))).ignored_columns,
              ElementsAre("1 field at the end of its rows"));
  // Op, or a column whose value is I; a timestamp, or a column of that type.
  const std::string op_or_column = "I,1,a\n", time_or_column = "I,2022-01-01 00:00:00,1,a\n";
  EXPECT_THAT(refusal(op_or_column, ignoring(load(2))),
              AllOf(HasSubstr("Op, 2 columns (3 fields)"), HasSubstr("2 columns (2 fields), and 1 new")));
  EXPECT_THAT(refusal(time_or_column, ignoring(change(2))),
              AllOf(HasSubstr("Op, a timestamp, 2 columns"), HasSubstr("and 1 new")));
  const auto said = [&](Present present) {
    return with(ignoring(change(2)), [present](auto& f) { f.timestamp = present; });
  };
  EXPECT_EQ(read_all(time_or_column, said(Present::Always))[0].fields, (std::vector<std::string>{"1", "a"}));
  EXPECT_EQ(read_all(time_or_column, said(Present::Never))[0].fields,
            (std::vector<std::string>{"2022-01-01 00:00:00", "1"}));
  // Rules put columns behind a new one.
  EXPECT_THAT(refusal("U,1,a,x,1\n", ignoring(with(change(2), {op, rest, named("BI_c1")}))),
              HasSubstr("the row has 5 fields"));
  EXPECT_EQ(read_all("U,1,a,x,7\n", ignoring(with(change(2), {op, rest, ignored("seq")}))),
            read_all("U,1,a\n", change(2)));
  // Without a name nothing is added.
  EXPECT_THAT(refusal("U,1,a,x\n", drifting(change(2), SchemaDrift::Add)),
              HasSubstr("without a header (AddColumnName) a new column can't be added"));
}

}  // namespace
}  // namespace peo::decode
