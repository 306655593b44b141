// A new user's way with tables of their own shape: infer → (read and correct the drafts) → run → profile →
// describe, each by the real program, the rows checked by PostgreSQL.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/bucket.hpp"
#include "support/database.hpp"
#include "support/loader_run.hpp"
#include "support/postgres_server.hpp"
#include "support/program.hpp"
#include "support/swift_server.hpp"

namespace peo::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int rows = 400;

// A row of 40 columns of all the kinds that DMS writes. `n` is its key.
std::string wide_row(int n) {
  std::string row =
      fmt::format("{},{},{}", n, n % 7 + 1, n % 3 == 0 ? "" : std::to_string(n * 1000));       // 1 to 3
  row += fmt::format(",{},{},{}", 3'000'000'000LL + n, n % 2, n % 2 == 0 ? "true" : "false");  // 4 to 6
  row += fmt::format(",{}.{:04},-{}.50,{}.00", n, n % 10000, n, n * 100);                      // 7 to 9
  row += fmt::format(",+{}.23800011e+01,+{}.0656000000000000e+05", n % 9 + 1, n % 9 + 1);      // 10, 11
  row += fmt::format(",2024-0{}-1{},2024-01-0{} 10:00:00", n % 9 + 1, n % 9, n % 9 + 1);       // 12, 13
  row += fmt::format(",2024-01-0{} 10:00:00.{:06},2024-01-01 10:00:0{}.1234567 +02:00", n % 9 + 1, n,
                     n % 10);  // 14, 15
  row +=
      fmt::format(",1{}:30:00,{:08x}-0000-4000-8000-000000000000,{:08x}0a0b0c0d", n % 10, n, n);  // 16 to 18
  row += fmt::format(",name {},\"a, b \"\"{}\"\"\",{:05}", n, n, n % 100);                        // 19 to 21
  row += fmt::format(",\"line one\nline {}\",日本 {},{}", n, n, n % 10 == 0 ? "N/A" : "fine");    // 22 to 24
  row += ",,\"{\"\"a\"\": 1}\",X";                                                                // 25 to 27
  for (int column = 28; column <= 40; ++column) row += fmt::format(",{}", n * column);
  return row + "\n";
}

// Through PostgreSQL's own CSV reader.
void copy_csv(Database& database, const std::string& table, const std::string& csv) {
  PQclear(PQexec(database.connection(), ("COPY " + table + " FROM STDIN (FORMAT csv)").c_str()));
  PQputCopyData(database.connection(), csv.data(), static_cast<int>(csv.size()));
  PQputCopyEnd(database.connection(), nullptr);
  auto* const result = PQgetResult(database.connection());
  EXPECT_EQ(PQresultStatus(result), PGRES_COMMAND_OK) << PQerrorMessage(database.connection());
  PQclear(result);
  while (auto* const more = PQgetResult(database.connection())) PQclear(more);
}

// Rows of two queries, as PostgreSQL compares them: how many are in only one of them.
std::string differences(Database& database, const std::string& one, const std::string& other) {
  return database.value(
      fmt::format("SELECT (SELECT count(*) FROM (({0}) EXCEPT ALL ({1})) a) + (SELECT count(*) FROM (({1}) "
                  "EXCEPT ALL ({0})) b)",
                  one, other));
}

class OwnTables : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string loads;
    for (int n = 1; n <= rows; ++n) loads += wide_row(n);
    bucket_.load("Order Lines", 1, loads);
    bucket_.change("Order Lines", "20240601-100000000", "U," + wide_row(7) + "I," + wide_row(rows + 1));
    bucket_.change("Order Lines", "20240601-113000000", "D," + wide_row(8));
    // Two columns make the key.
    std::string parts;
    for (int n = 0; n < rows; ++n) parts += fmt::format("{},{},{}.50\n", n / 4, n % 4, n % 5);
    bucket_.load("parts", 1, parts);
    bucket_.put("dbo/awsdms_status/LOAD00000001.csv", "1,2\n");
  }

  Finished go(std::vector<std::string> arguments, LoaderSettings more = {}) const {
    more["SOURCE"] = bucket_.source();
    return run_loader({program(), std::move(arguments)}, more);
  }

  Bucket bucket_;
  TempDir directory_;
};

TEST_F(OwnTables, FromTheBucketToDocumentedRows) {
  const auto drafts = (directory_ / "db").string();
  const auto inferred = go({"infer", drafts});
  ASSERT_EQ(inferred.status, 0) << inferred.err;
  EXPECT_THAT(inferred.out,
              HasSubstr("Order Lines: " + drafts + "/001_order_lines.sql (40 columns from 403 rows"));
  EXPECT_THAT(inferred.out, AllOf(HasSubstr("ENTITIES=" + drafts), HasSubstr("key column_1: a guess"),
                                  testing::HasSubstr("then:\nexport FORMAT='header=no op=changes'\n")));
  EXPECT_THAT(read_file(drafts + "/README.md"), AllOf(HasSubstr("export FORMAT='header=no op=changes'\n"),
                                                      HasSubstr("paper-engine-orders check\n")));
  EXPECT_FALSE(std::filesystem::exists(drafts + "/003_awsdms_status.sql"));

  const auto sql = read_file(drafts + "/001_order_lines.sql");
  for (const std::string column : {"column_1 bigint NOT NULL", "column_2 integer,",
                                   "column_3 integer,",        "column_4 bigint,",
                                   "column_5 boolean,",        "column_6 boolean,",
                                   "column_7 numeric(18, 4),", "column_8 numeric(18, 2),",
                                   "column_10 real,",          "column_11 double precision,",
                                   "column_12 date,",          "column_13 timestamp,",
                                   "column_14 timestamp,",     "column_15 timestamptz,",
                                   "column_16 time,",          "column_17 uuid,",
                                   "column_18 bytea,",         "column_19 text,",
                                   "column_21 text,",          "column_22 text,",
                                   "column_25 text,",          "column_26 text,",
                                   "column_40 integer,"}) {
    EXPECT_THAT(sql, HasSubstr("    " + column));
  }
  EXPECT_THAT(sql, HasSubstr("CREATE TABLE order_lines ("));
  EXPECT_THAT(sql, HasSubstr("PRIMARY KEY (column_1)"));
  EXPECT_THAT(sql, HasSubstr("column_21: 402"));  // begin with 0
  EXPECT_THAT(sql, HasSubstr("names are unknown"));
  EXPECT_THAT(read_file(drafts + "/002_parts.sql"), HasSubstr("PRIMARY KEY (column_1, column_2)"));

  // Existing files are kept.
  write_file(drafts + "/002_parts.sql", "-- mine\n");
  EXPECT_THAT(go({"infer", drafts}).out, HasSubstr("parts: skipped"));
  EXPECT_EQ(read_file(drafts + "/002_parts.sql"), "-- mine\n");

  const TestDatabase database;
  const LoaderSettings settings{{"TARGET", database.conninfo()}, {"ENTITIES", drafts}};
  const auto ran = go({}, settings);
  ASSERT_EQ(ran.status, 0) << ran.err;
  Database sql_of(database.conninfo());
  // All rows, against PostgreSQL's reading of what was generated. (Bytes it would read in another form.)
  sql_of.execute(
      "CREATE TABLE twin AS TABLE order_lines WITH NO DATA; ALTER TABLE twin ALTER column_18 TYPE text,"
      " DROP event_id, DROP delivery_id");
  std::string generated;
  for (int n = 1; n <= rows + 1; ++n) generated += n == 8 ? "" : wide_row(n);
  copy_csv(sql_of, "twin", generated);
  sql_of.execute(
      "CREATE TABLE loaded AS TABLE order_lines; ALTER TABLE loaded ALTER column_18 TYPE text USING "
      "encode(column_18, 'hex'), DROP event_id, DROP delivery_id");
  EXPECT_EQ(differences(sql_of, "TABLE loaded", "TABLE twin"), "0");
  EXPECT_EQ(sql_of.value("SELECT count(*) FROM twin"), std::to_string(rows));
  EXPECT_EQ(
      sql_of.value(
          "SELECT concat_ws('|', column_3, column_5, column_7, column_15 AT TIME ZONE 'UTC', column_18, "
          "column_20, column_22) FROM order_lines WHERE column_1 = 7"),
      "7000|t|7.0007|2024-01-01 08:00:07.123457|\\x000000070a0b0c0d|a, b \"7\"|line one\nline 7");

  const auto documents = directory_ / "documents";
  const auto described = go({"describe", documents.string(), "--examples"}, settings);
  ASSERT_EQ(described.status, 0) << described.err;
  const auto specification = read_file(documents / "data_specification.md");
  EXPECT_THAT(specification, HasSubstr("## order_lines"));
  EXPECT_THAT(specification,
              HasSubstr("| `column_7` | numeric(18,4) | NULL |  | decimal, 4 decimal places | `1.0001` |"));
}

TEST_F(OwnTables, ProfileCountsWhatTheFilesHold) {
  const auto page = directory_ / "profile.html";
  const auto ran = go({"profile", "order lines", "--json", "--html", page.string()});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto table = nlohmann::json::parse(ran.out)["tables"][0];
  EXPECT_EQ(table["full_load"]["rows"], rows);
  EXPECT_EQ(table["changes"]["inserts"], 1);
  EXPECT_EQ(table["changes"]["deletes"], 1);
  EXPECT_EQ(table["distinct_keys"], rows);
  ASSERT_EQ(table["operations_over_time"].size(), 2U);
  EXPECT_EQ(table["operations_over_time"][1]["deletes"], 1);
  ASSERT_EQ(table["columns"].size(), 40U);
  const auto& third = table["columns"][2];
  EXPECT_EQ(third["rows"], rows + 2);
  EXPECT_EQ(third["nulls"], rows / 3);
  EXPECT_EQ(third["least"], "1000");
  EXPECT_EQ(third["most"], "401000");
  EXPECT_THAT(table["columns"][23]["findings"].dump(), HasSubstr("word for NULL"));
  const auto html = read_file(page);
  EXPECT_THAT(html, HasSubstr("<svg"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("http")));  // needs nothing else
}

TEST_F(OwnTables, ADoubledKeyIsSeen) {
  bucket_.load("parts", 2, "3,1,9.99\n");
  const auto ran = go({"profile", "parts", "--key", "column_1,column_2"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("key: column_1, column_2 (given), 400 distinct in 401 full-load rows"));
  EXPECT_THAT(ran.out, HasSubstr("has 1 duplicate in the full load, such as 3, 1"));
}

TEST_F(OwnTables, ATableThatIsNotThere) {
  const auto ran = go({"profile", "nothing"});
  EXPECT_EQ(ran.status, 64);
  EXPECT_THAT(ran.err, HasSubstr("there is no table nothing in directory"));
  EXPECT_THAT(go({"profile", "dbo.part"}).err, HasSubstr("Did you mean parts?"));
}

// The public page's rows with a header (format reference, T14).
TEST_F(OwnTables, WhatACarelessUserGivesIsExplained) {
  const auto drafts = (directory_ / "db").string();
  const LoaderSettings too_low{{"SOURCE", bucket_.source() + "/dbo"}};
  for (const auto& arguments : {std::vector<std::string>{"infer", drafts}, {"profile"}}) {
    const auto ran = run_loader({program(), arguments}, too_low);
    EXPECT_EQ(ran.status, 78);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("/dbo/Order Lines/ has the files of a table"),
                               HasSubstr("Set bucket_path to " + bucket_.directory().string() +
                                         ", if dbo is the schema and Order Lines the table")));
  }
  bucket_.put("dbo/columnar/LOAD00000001.orc", "ORC");
  bucket_.put("dbo/piped/LOAD00000001.csv", "1|a\n2|b\n");
  bucket_.put("dbo/named/LOAD00000001.csv", "id,name\n");
  bucket_.put("hr/PARTS/LOAD00000001.csv", "1,2\n");
  const auto inferred = go({"infer", drafts});
  ASSERT_EQ(inferred.status, 0) << inferred.err;
  EXPECT_THAT(inferred.out,
              HasSubstr("columnar: the prefix has no full load (LOAD00000001.csv.gz) and no changes"));
  EXPECT_THAT(read_file(drafts + "/004_piped.sql"), HasSubstr("delimiter=pipe to FORMAT"));
  EXPECT_THAT(read_file(drafts + "/002_named.sql"), HasSubstr("header=yes to FORMAT"));
}

TEST_F(OwnTables, AHeaderGivesNamesAndRelations) {
  Bucket bucket;
  bucket.load("EMPLOYEES", 1,
              "EMPLOYEE_ID,FIRST_NAME,SALARY,DEPARTMENT_ID\n100,Steven,24000.00,90\n101,Neena,17000.00,90\n");
  bucket.load("DEPARTMENTS", 1, "DEPARTMENT_ID,USER\n90,King\n100,Kochhar\n");
  const auto ran =
      run_loader({program(), {"infer", directory_.path().string()}}, {{"SOURCE", bucket.source()}});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto sql = read_file(directory_ / "002_employees.sql");
  EXPECT_THAT(sql, HasSubstr("employee_id bigint NOT NULL"));
  EXPECT_THAT(
      sql,
      HasSubstr("COMMENT ON COLUMN employees.department_id IS 'References departments.department_id.';"));
  EXPECT_THAT(sql, HasSubstr("Only 2 rows were read"));
  EXPECT_THAT(read_file(directory_ / "001_departments.sql"), HasSubstr("\"user\" text,"));
}

// Two schemas with a table of one name, names in mixed case, and columns that are called as the loader's own.
TEST_F(OwnTables, NamesOfTheSource) {
  Bucket bucket;
  bucket.put("dbo/Customers/LOAD00000001.csv", "CustomerUID,FullName,event_id\n1,Ann,7\n2,Bob,8\n");
  bucket.put("WebShop/Customers/LOAD00000001.csv", "CustomerUID,Name,NAME\n1,ann,ANN\n");
  bucket.put("WebShop/Order Lines/LOAD00000001.csv", "OrderID,UnitPrice\n1,1.50\n2,2.50\n");
  bucket.put("WebShop/Order Lines/20240101-000000000.csv", "Op,OrderID,UnitPrice\nU,1,9.50\n");
  const auto drafts = (directory_ / "db").string();
  const auto ran = run_loader({program(), {"infer", drafts}}, {{"SOURCE", bucket.source()}});
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(
      read_file(drafts + "/001_customers.sql") + read_file(drafts + "/003_dbo_customers.sql") +
          read_file(drafts + "/002_order_lines.sql"),
      AllOf(HasSubstr("COMMENT ON TABLE customers IS 'Source table: WebShop.Customers.';"),
            HasSubstr("COMMENT ON COLUMN customers.name_2 IS 'Source column: NAME.';"),
            HasSubstr("COMMENT ON TABLE dbo_customers IS 'Source table: dbo.Customers.';"),
            HasSubstr("COMMENT ON COLUMN dbo_customers.source_event_id IS 'Source column: event_id.';"),
            HasSubstr("COMMENT ON TABLE order_lines IS 'Source table: WebShop.Order Lines.';"),
            HasSubstr("COMMENT ON COLUMN order_lines.unit_price IS 'Source column: UnitPrice.';")));

  const TestDatabase database;
  const LoaderSettings settings{
      {"SOURCE", bucket.source()}, {"TARGET", database.conninfo()}, {"ENTITIES", drafts}};
  const auto loaded = run_loader({program(), {}}, settings);
  ASSERT_EQ(loaded.status, 0) << loaded.err;
  Database sql(database.conninfo());
  EXPECT_EQ(sql.value("SELECT full_name || source_event_id FROM dbo_customers WHERE customer_uid = 2"),
            "Bob8");
  EXPECT_EQ(sql.value("SELECT name || name_2 FROM customers"), "annANN");
  EXPECT_EQ(sql.value("SELECT string_agg(unit_price::text, ' ' ORDER BY order_id) FROM order_lines"),
            "9.50 2.50");
  EXPECT_EQ(run_loader({program(), {"verify"}}, settings).status, 0);

  const auto documents = directory_ / "documents";
  ASSERT_EQ(run_loader({program(), {"describe", documents.string(), "--examples"}}, settings).status, 0);
  EXPECT_THAT(read_file(documents / "data_specification.md"),
              AllOf(HasSubstr("Source table: `WebShop.Order Lines`. Files: `WebShop/Order Lines/`."),
                    HasSubstr("column `UnitPrice`; decimal, 2 decimal places | `1.50` |")));
  const auto profiled = run_loader({program(), {"profile", "order lines", "--json"}}, settings);
  ASSERT_EQ(profiled.status, 0) << profiled.err;
  EXPECT_THAT(profiled.out, HasSubstr("unit_price"));

  const auto as_there = (directory_ / "source").string();
  ASSERT_EQ(run_loader({program(), {"infer", as_there, "--names", "source", "order lines"}},
                       {{"SOURCE", bucket.source()}})
                .status,
            0);
  EXPECT_THAT(read_file(as_there + "/001_order_lines.sql"),
              AllOf(HasSubstr("CREATE TABLE \"order lines\" ("), HasSubstr("    unitprice numeric"),
                    Not(HasSubstr("IS 'Source"))));
}

// A draft that turns out wrong at its first file is corrected in place.
TEST_F(OwnTables, ADraftIsCorrectedWhileItsTableIsEmpty) {
  Bucket bucket;
  bucket.load("t", 1, "1,a\n");
  const auto drafts = (directory_ / "db").string();
  std::filesystem::create_directories(drafts);
  const auto draft = [&](const std::string& type) {
    write_file(drafts + "/001_t.sql", "CREATE TABLE t (id int PRIMARY KEY, v " + type +
                                          ", event_id bigint NOT NULL, delivery_id bigint NOT NULL);\n");
  };
  const TestDatabase database;
  const LoaderSettings settings{
      {"SOURCE", bucket.source()}, {"TARGET", database.conninfo()}, {"ENTITIES", drafts}};
  draft("int");
  EXPECT_EQ(run_loader({program(), {}}, settings).status, 65);
  draft("text");
  const auto planned = run_loader({program(), {"plan"}}, settings);
  EXPECT_EQ(planned.status, 78);
  EXPECT_THAT(planned.err, HasSubstr("A dry run can't predict anything beyond that"));
  const auto ran = run_loader({program(), {}}, settings);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("entities/001_t.sql was changed: the empty table"));
  Database sql(database.conninfo());
  EXPECT_EQ(sql.value("SELECT v FROM t"), "a");
  draft("varchar(10)");
  const auto refused = run_loader({program(), {}}, settings);
  EXPECT_EQ(refused.status, 78);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("changed after it had been applied"), HasSubstr("has rows")));
  sql.execute("DELETE FROM t");
  EXPECT_THAT(run_loader({program(), {}}, settings).err, HasSubstr("was loaded before"));
}

// Applied as orders, then called sales_orders in the file.
class RenamedInADraft : public OwnTables {
 protected:
  void SetUp() override {
    bucket.put("dbo/Orders/LOAD00000001.csv", "1,a\n2,b\n");
    std::filesystem::create_directories(directory_ / "db");
    write("orders", "Orders.");
  }
  void write(const std::string& table, const std::string& comment) const {
    write_file(
        directory_ / "db/001_orders.sql",
        fmt::format("CREATE TABLE {0} (id int PRIMARY KEY, v text, event_id bigint NOT NULL, delivery_id "
                    "bigint NOT NULL);\nCREATE INDEX ON {0} (event_id);\nCOMMENT ON TABLE {0} IS '{1}';\n",
                    table, comment));
  }
  void rename_in_file() const { write("sales_orders", "Orders. Source table: dbo.Orders."); }
  Finished go(const std::vector<std::string>& arguments) const {
    return run_loader({program(), arguments}, {{"SOURCE", bucket.source()},
                                               {"TARGET", database.conninfo()},
                                               {"ENTITIES", (directory_ / "db").string()}});
  }

  Bucket bucket;
  TestDatabase database;
};

TEST_F(RenamedInADraft, NamesBothTablesAndBothSolutions) {
  ASSERT_EQ(go({}).status, 0);
  rename_in_file();
  const auto what =
      AllOf(HasSubstr("it created the table \"public\".\"orders\", which has rows, and now creates "
                      "\"sales_orders\" instead"),
            HasSubstr("ALTER TABLE \"public\".\"orders\" RENAME TO \"sales_orders\";"),
            HasSubstr("drop \"public\".\"orders\" and create \"sales_orders\" with paper-engine-orders "
                      "migrate --recreate"));
  const auto checked = go({"check"});
  EXPECT_EQ(checked.status, 78);
  EXPECT_THAT(checked.out, AllOf(what, Not(HasSubstr("there is no table"))));
  const auto migrated = go({"migrate"});
  EXPECT_EQ(migrated.status, 78);
  EXPECT_THAT(migrated.err, what);
  Database sql(database.conninfo());
  EXPECT_EQ(sql.value("SELECT to_regclass('sales_orders') IS NULL"), "t");

  // The first solution: as docs/operations.md has it.
  sql.execute(
      "BEGIN; ALTER TABLE orders RENAME TO sales_orders; UPDATE loader_deliveries SET entity = "
      "'sales_orders' "
      "WHERE entity = 'orders'; COMMIT");
  EXPECT_THAT(go({"check"}).out, HasSubstr("\"sales_orders\" has rows")) << "its comment is another one";
  sql.execute("COMMENT ON TABLE sales_orders IS 'Orders. Source table: dbo.Orders.'");
  const auto again = go({"migrate"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("Applied entities/001_orders.sql."));
  EXPECT_EQ(go({"verify"}).status, 0);
  EXPECT_EQ(go({}).status, 0);
  EXPECT_EQ(sql.value("SELECT count(*) FROM loader_deliveries"), "1");
}

TEST_F(RenamedInADraft, IsRecreatedOnRequest) {
  ASSERT_EQ(go({}).status, 0);
  rename_in_file();
  const auto recreated = go({"migrate", "--recreate"});
  ASSERT_EQ(recreated.status, 0) << recreated.err;
  EXPECT_THAT(
      recreated.out,
      AllOf(HasSubstr("the table \"public\".\"orders\" is dropped, because the file no longer creates it"),
            HasSubstr("rows removed: 2; files to load from the beginning: 1")));
  Database sql(database.conninfo());
  EXPECT_EQ(sql.value("SELECT to_regclass('orders') IS NULL"), "t");
  EXPECT_EQ(sql.value("SELECT count(*) FROM loader_removals WHERE entity = 'orders'"), "2");
  ASSERT_EQ(go({}).status, 0);
  EXPECT_EQ(sql.value("SELECT string_agg(v, '' ORDER BY id) FROM sales_orders"), "ab");
}

// Empty and never loaded, as a draft that turned out wrong: at once. So is a file whose SQL comments alone
// were edited, with rows in its table.
TEST_F(RenamedInADraft, AnEmptyTableIsDropped) {
  ASSERT_EQ(go({"migrate"}).status, 0);
  rename_in_file();
  const auto migrated = go({"migrate"});
  ASSERT_EQ(migrated.status, 0) << migrated.err;
  EXPECT_THAT(migrated.out, HasSubstr("the empty table \"public\".\"orders\" is dropped"));
  ASSERT_EQ(go({}).status, 0);
  const auto file = directory_ / "db/001_orders.sql";
  write_file(file, "-- Mine.\n" + read_file(file));
  EXPECT_THAT(go({"migrate"}).out, HasSubstr("Applied entities/001_orders.sql."));
  write_file(file, read_file(file) + "CREATE INDEX ON sales_orders (v);\n");
  EXPECT_THAT(go({"migrate"}).err, HasSubstr("\"sales_orders\" has rows"));
}

// In SQL that was written by hand; infer gives such tables and columns other names.
TEST_F(OwnTables, ReservedNamesAreToldBeforeTheSqlIsTried) {
  const TestDatabase database;
  const LoaderSettings settings{{"SOURCE", bucket_.source()},
                                {"TARGET", database.conninfo()},
                                {"ENTITIES", directory_.path().string()}};
  const auto told = [&](const std::string& table, const std::string& column, const std::string& what) {
    write_file(
        directory_ / "001_t.sql",
        fmt::format(
            "CREATE TABLE {} (id int PRIMARY KEY, {} int, event_id bigint NOT NULL, delivery_id bigint "
            "NOT NULL);",
            table, column));
    for (const char* command : {"check", "migrate"}) {
      const auto ran = run_loader({program(), {command}}, settings);
      EXPECT_EQ(ran.status, 78);
      EXPECT_THAT(ran.out + ran.err, AllOf(HasSubstr("entities/001_t.sql: the table "), HasSubstr(what)));
    }
  };
  told("t", "Xmin", "COMMENT ON COLUMN \"t\".source_xmin IS 'Source column: xmin.';");
  told("Pg_Class", "v", "COMMENT ON TABLE \"source_pg_class\" IS 'Source table: pg_class.';");
  told("loader_holds", "v", "has the name of one of the loader's own tables");
}

// Before its first run there are no tables to check, so their SQL is tried.
TEST_F(OwnTables, CheckTriesTheSqlThatARunWouldApply) {
  const TestDatabase database;
  const LoaderSettings settings{{"SOURCE", bucket_.source()},
                                {"TARGET", database.conninfo()},
                                {"ENTITIES", directory_.path().string()}};
  bucket_.load("t", 1, "1,a\n");
  const auto checked = [&](const std::string& columns) {
    write_file(directory_ / "001_t.sql", "CREATE TABLE t (" + columns + ", delivery_id bigint NOT NULL);");
    return run_loader({program(), {"check"}}, settings);
  };
  auto ran = checked("id int, v text, event_id bigint NOT NULL, PRIMARY KEY (idd)");
  EXPECT_EQ(ran.status, 78) << ran.out;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("entities/001_t.sql"), HasSubstr("\"idd\"")));
  ran = checked("id int PRIMARY KEY, v text");
  EXPECT_EQ(ran.status, 78) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("event_id"));
  ran = checked("id int PRIMARY KEY, v text, event_id bigint NOT NULL");
  EXPECT_EQ(ran.status, 0) << ran.out;
  Database target(database.conninfo());
  EXPECT_EQ(target.value("SELECT to_regclass('t') IS NULL AND to_regclass('loader_state') IS NULL"), "t");
}

// With rows in it: only if asked for, and then consumers are told, and its files load from the start.
TEST_F(OwnTables, AChangedDraftWithRowsIsRecreatedOnRequest) {
  Bucket bucket;
  bucket.load("t", 1, "1,1.50\n2,2.25\n3,3.50\n");
  bucket.change("t", "20240601-100000000", "U,1,1.75\nD,3,\n");
  bucket.load("other", 1, "1,x\n");
  const auto drafts = (directory_ / "db").string();
  std::filesystem::create_directories(drafts);
  const auto table = [](const std::string& name, const std::string& columns) {
    return "CREATE TABLE " + name + " (" + columns +
           ", event_id bigint NOT NULL, delivery_id bigint NOT NULL);\n";
  };
  write_file(drafts + "/001_t.sql", table("t", "id int PRIMARY KEY, v int"));
  write_file(drafts + "/002_other.sql", table("other", "id int PRIMARY KEY, v text"));
  const TestDatabase database;
  const LoaderSettings settings{{"SOURCE", bucket.source()},
                                {"TARGET", database.conninfo()},
                                {"ENTITIES", drafts},
                                {"BAD_ROWS", "quarantine_row"}};
  ASSERT_EQ(run_loader({program(), {}}, settings).status, 0);
  Database sql(database.conninfo());
  EXPECT_EQ(sql.value("SELECT count(*) FROM loader_rejects"), "4");
  sql.execute("INSERT INTO t VALUES (2, 2, 2, 2), (7, 7, 3, 2)");
  const auto events = sql.value("SELECT last_event_id FROM loader_state");

  write_file(drafts + "/001_t.sql", table("t", "id int PRIMARY KEY, v numeric"));
  const auto refused = run_loader({program(), {"check"}}, settings);
  EXPECT_EQ(refused.status, 78);
  EXPECT_THAT(refused.out, AllOf(HasSubstr("has rows"), HasSubstr("migrate --recreate")));
  sql.execute("CREATE VIEW on_t AS SELECT * FROM t");
  const auto depended_on = run_loader({program(), {"migrate", "--recreate"}}, settings);
  EXPECT_EQ(depended_on.status, 78);
  EXPECT_THAT(depended_on.err, AllOf(HasSubstr("on_t"), HasSubstr("Nothing was changed")));
  sql.execute("DROP VIEW on_t");
  EXPECT_EQ(sql.value("SELECT count(*) FROM t"), "2");
  const auto recreated = run_loader({program(), {"migrate", "--recreate"}}, settings);
  ASSERT_EQ(recreated.status, 0) << recreated.err;
  EXPECT_THAT(recreated.out,
              HasSubstr("rows removed: 2; files to load from the beginning: 2; rejected rows deleted: 4"));
  // As a delivery that removed the rows.
  EXPECT_EQ(sql.value("SELECT string_agg(key ->> 'id', ',' ORDER BY event_id) FROM loader_removals WHERE "
                      "entity = 't' AND "
                      "event_id > " +
                      events),
            "2,7");
  EXPECT_EQ(sql.value("SELECT status || ' ' || removed || ' ' || (max_event_id = " + events +
                      " + 2) FROM loader_deliveries WHERE object_key = 'entities/001_t.sql'"),
            "recreated 2 true");
  EXPECT_EQ(
      sql.value(
          "SELECT payload::json #>> '{stats,t,REMOVE}' FROM loader_outbox ORDER BY position DESC LIMIT 1"),
      "2");
  EXPECT_THAT(run_loader({program(), {"migrate", "--recreate"}}, settings).out, HasSubstr("Up to date"));

  const auto ran = run_loader({program(), {}}, settings);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(sql.value("SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM t"), "1:1.75 2:2.25");
  EXPECT_EQ(sql.value("SELECT min(event_id) > " + events + " + 2 FROM t"), "t");
  EXPECT_EQ(sql.value("SELECT count(*) FROM loader_deliveries WHERE entity = 'other'"), "1");
  EXPECT_EQ(sql.value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"), "0");
  for (const auto* const command : {"verify", "status"})
    EXPECT_EQ(run_loader({program(), {command}}, settings).status, 0);
}

// README's commands on S3, and edits of SQL alone: two schemas with a table of one name, headers of mixed
// case, a column that is to be called otherwise, and one that the files get later.
TEST_F(OwnTables, AShopFromS3ToVerifiedTables) {
  Bucket shop;
  std::string orders = "OrderID,PlacedAt,CustomerUID,Total\n", lines = "OrderID,LineNo,UnitPrice,Note\n",
              customers = "CustomerUID,FullName,IsActive\n", crm = "OrderID,Remark\n";
  for (int n = 1; n <= rows; ++n) {
    orders += fmt::format("{},2024-01-0{} 10:00:00.000,C{:04},{}.50\n", n, n % 9 + 1, n % 50, n);
    lines += fmt::format("{},1,{}.25,\n{},2,1.00,\"two\nlines\"\n", n, n, n);
    crm += fmt::format("{},remark {}\n", n, n);
  }
  for (int n = 0; n < 50; ++n) customers += fmt::format("C{:04},Ann {},{}\n", n, n, n % 2);
  shop.put("WebShop/Orders/LOAD00000001.csv.gz", gzipped(orders));
  shop.put("WebShop/OrderLines/LOAD00000001.csv.gz", gzipped(lines));
  shop.put("WebShop/Customers/LOAD00000001.csv.gz", gzipped(customers));
  shop.put("Crm/Orders/LOAD00000001.csv.gz", gzipped(crm));
  shop.put(
      "WebShop/Orders/20240601-100000000.csv.gz",
      gzipped("Op,OrderID,PlacedAt,CustomerUID,Total\nU,1,2024-01-01 10:00:00.000,C0001,9.99\nD,2,,,\n"));
  auto& swift = SwiftServer::shared();
  swift.make_bucket("shop");
  const auto drafts = (directory_ / "tables").string();
  const TestDatabase database;
  LoaderSettings settings{{"SOURCE", shop.put_into(swift, "shop", "data")},
                          {"TARGET", database.conninfo()},
                          {"ENTITIES", ""},
                          {"NOTIFICATIONS", "False"}};
  const auto go = [&](std::vector<std::string> arguments) {
    auto ran = run_loader({program(), std::move(arguments)}, settings);
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    return ran;
  };
  const auto inferred = go({"infer", drafts});
  EXPECT_THAT(inferred.out, testing::HasSubstr("then:\nexport FORMAT='header=yes op=changes'\n"));
  settings["ENTITIES"] = drafts;
  settings["FORMAT"] = "header=yes op=changes";
  // Edits: a name, and what the customers' key is.
  const auto edit = [&](const std::string& file, const std::string& from, const std::string& to) {
    auto text = read_file(drafts + "/" + file);
    ASSERT_NE(text.find(from), std::string::npos) << text;
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
    write_file(drafts + "/" + file, text);
  };
  edit("003_order_lines.sql", "unit_price", "price");
  go({"check"});
  go({"run"});
  EXPECT_THAT(go({"status"}).out, HasSubstr("order_lines"));
  go({"verify"});
  // A column that the files get later.
  shop.put(
      "WebShop/Orders/20240602-100000000.csv.gz",
      gzipped(
          "Op,OrderID,PlacedAt,CustomerUID,Total,Coupon\nU,1,2024-01-01 10:00:00.000,C0001,9.99,SUMMER\n"));
  settings["SOURCE"] = shop.put_into(swift, "shop", "data");
  const auto held = run_loader({program(), {"run"}}, settings);
  EXPECT_EQ(held.status, 65);
  EXPECT_THAT(held.err, HasSubstr("Coupon"));
  write_file(drafts + "/005_coupons.sql", "ALTER TABLE web_shop_orders ADD COLUMN coupon text;\n");
  go({"run"});
  go({"verify"});
  Database sql(database.conninfo());
  EXPECT_EQ(
      sql.value(
          "SELECT customer_uid || ' ' || total || ' ' || coupon FROM web_shop_orders WHERE order_id = 1"),
      "C0001 9.99 SUMMER");
  EXPECT_EQ(sql.value("SELECT count(*) FROM orders"), std::to_string(rows));
  EXPECT_EQ(sql.value("SELECT remark FROM orders WHERE order_id = 7"), "remark 7");
  EXPECT_EQ(sql.value("SELECT price || ' ' || note FROM order_lines WHERE order_id = 7 AND line_no = 2"),
            "1.00 two\nlines");
  EXPECT_EQ(sql.value("SELECT count(*) FROM customers WHERE is_active"), "25");
}

// Rows of a public DMS data set (format reference, T5, T6): its task adds a time and a change sequence, and
// delete rows carry the key alone. Neither of the added columns is part of the key.
TEST_F(OwnTables, WhatDmsAddsIsNoKey) {
  Bucket bucket;
  bucket.change(
      "orders", "20240612-103125108",
      "I,2024-06-12 10:30:25.104667,19998,VINET,5,1996-07-04,1996-08-01,1996-07-16,3,+3.23800011e+01,Vins et "
      "alcools Chevalier,59 rue de l'Abbaye,Reims,,51100,France,20240612103025100000000000000000061\n"
      "D,2024-06-12 10:30:25.854359,19998,,,,,,,,,,,,,,20240612103025850000000000000000085\n");
  const auto ran =
      run_loader({program(), {"infer", directory_.path().string()}}, {{"SOURCE", bucket.source()}});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto sql = read_file(directory_ / "001_orders.sql");
  EXPECT_THAT(sql, HasSubstr("PRIMARY KEY (column_2)  -- sure: the one delete row that was read"));
  EXPECT_THAT(sql, HasSubstr("column_1: This may be the time that DMS adds"));
  EXPECT_THAT(sql, HasSubstr("column_16: This looks like the change sequence"));
  EXPECT_THAT(sql, HasSubstr("column_9 real,"));
}

// A draft that can't be loaded is refused before any of it is applied, so that it can be corrected in its
// place.
TEST_F(OwnTables, ADraftWithoutKeyIsRefusedWhole) {
  Bucket bucket;
  bucket.load("notes", 1, "a,b\na,b\n");
  const LoaderSettings source{{"SOURCE", bucket.source()}};
  const auto drafts = (directory_ / "db").string();
  EXPECT_THAT(run_loader({program(), {"infer", drafts}}, source).out, HasSubstr("name the key columns"));
  const TestDatabase database;
  const LoaderSettings settings{
      {"SOURCE", bucket.source()}, {"TARGET", database.conninfo()}, {"ENTITIES", drafts}};
  const auto refused = run_loader({program(), {}}, settings);
  EXPECT_EQ(refused.status, 78);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("001_notes.sql"),
                                 HasSubstr("\"say_which_columns_are_the_key\" named in key does not exist")));
  auto sql = read_file(drafts + "/001_notes.sql");
  sql.replace(sql.find("say_which_columns_are_the_key"), 29, "column_1");
  write_file(drafts + "/001_notes.sql", sql);
  EXPECT_EQ(run_loader({program(), {}}, settings).status, 0);
}

// Names that SQL must quote, cut or rename; a header in one table and none in the other, which lacks a full
// load; transaction files beside them; and the settings of the loader for all of it.
TEST_F(OwnTables, HostileNamesAndTheLoadersSettings) {
  Bucket bucket;
  const std::string long_name = "a name of more than the sixty-three bytes that the catalogue keeps of it";
  const auto row = [](int n) {
    return fmt::format("{}|'it''s {}'|\"a \"\"b\"\" | \n{}\"|{}.25|\\N|2024-05-{:02} 10:00:00\n", n, n, n, n,
                       n % 28 + 1);
  };
  std::string load = "Id|select|\"a\"\"b\"|Größe|" + long_name + "|ts\n";
  std::string expected;
  for (int n = 1; n <= 50; ++n) load += row(n);
  bucket.load("Odd Name", 1, load);
  bucket.change("Odd Name", "20240601-100000000",
                "Op|ts|" + long_name +
                    "|Größe|\"a\"\"b\"|select|Id\nU|2024-06-01 10:00:00|5|0.50|x|y|7\nD|2024-06-01 "
                    "10:00:00|\\N|\\N|\\N|\\N|9\n");
  bucket.change("alarms", "20240601-100000000", "I|1|first|4\nI|2|\\N|5\nU|2|second|5\n");
  bucket.put("cdc/CDC_TXN-20240601100000000.csv", "I|alarms|dbo|3|third\n");
  const auto drafts = (directory_ / "db").string();
  LoaderSettings settings{{"SOURCE", bucket.source()},
                          {"FORMAT", "delimiter=pipe null=\\\\N timestamp_name=ts"},
                          {"COLUMNS", "alarms=Op,alarm_id,text,-sequence"}};
  const auto inferred = run_loader({program(), {"infer", drafts, "--names", "source"}}, settings);
  ASSERT_EQ(inferred.status, 0) << inferred.err;
  EXPECT_THAT(inferred.out, HasSubstr("cdc/: skipped, it has transaction files"));
  EXPECT_THAT(read_file(drafts + "/001_odd_name.sql"),
              AllOf(HasSubstr("\"a\"\"b\" text,"), Not(HasSubstr("    ts "))));
  EXPECT_THAT(
      read_file(drafts + "/002_alarms.sql"),
      AllOf(HasSubstr("alarm_id bigint NOT NULL"), HasSubstr("text text"), Not(HasSubstr("sequence"))));

  const TestDatabase database;
  settings["TARGET"] = database.conninfo();
  settings["ENTITIES"] = drafts;
  const auto ran = run_loader({program(), {}}, settings);
  ASSERT_EQ(ran.status, 0) << ran.err;
  Database sql(database.conninfo());
  EXPECT_EQ(sql.value("SELECT concat_ws(',', count(*), sum(id), max(\"a\"\"b\")) FROM \"odd name\""),
            "49,1266,x");
  EXPECT_EQ(sql.value("SELECT format('%s/%s/%s/%s', \"select\", \"a\"\"b\", \"größe\", \"" +
                      long_name.substr(0, 63) + "\") FROM \"odd name\" WHERE id = 6"),
            "'it''s 6'/a \"b\" | \n6/6.25/");
  EXPECT_EQ(sql.value("SELECT string_agg(alarm_id || text, ',' ORDER BY alarm_id) FROM alarms"),
            "1first,2second");

  // The names of files without a header are those of the accepted SQL; and so is the key.
  write_file(drafts + "/002_alarms.sql",
             "CREATE TABLE alarms (number int, words text, place int, event_id bigint NOT NULL, delivery_id "
             "bigint NOT NULL, PRIMARY KEY (number));");
  settings["COLUMNS"] = "";
  const auto profiled = run_loader({program(), {"profile", "alarms", "--json"}}, settings);
  ASSERT_EQ(profiled.status, 0) << profiled.err;
  const auto table = nlohmann::json::parse(profiled.out)["tables"][0];
  EXPECT_TRUE(table["names_by_sql"]);
  EXPECT_EQ(table["key"], nlohmann::json({"number"}));
  EXPECT_EQ(table["columns"][1]["name"], "words");
  EXPECT_EQ(table["columns"][1]["nulls"], 1);
}

TEST_F(OwnTables, ABucketOfS3IsReadLikeAFolder) {
  Bucket bucket;
  bucket.load("parts", 1, "1,2,3.50\n1,3,3.50\n2,2,0.00\n");
  bucket.change("parts", "20240601-100000000", "U,1,2,4.50\n");
  auto& swift = SwiftServer::shared();
  swift.make_bucket("tables");
  const auto source = bucket.put_into(swift, "tables", "data");
  const auto columns = [&](const std::string& from, const std::string& to) {
    const auto ran = run_loader({program(), {"infer", (directory_ / to).string()}}, {{"SOURCE", from}});
    EXPECT_EQ(ran.status, 0) << ran.err;
    const auto sql = read_file(directory_ / to / "001_parts.sql");
    return sql.substr(sql.find("CREATE TABLE"));
  };
  EXPECT_EQ(columns(source, "from_s3"), columns(bucket.source(), "from_folder"));
}

// Whatever a bucket's names and values hold, a draft makes tables and comments, and nothing else.
TEST(Drafts, OfAnyNamesMakeTablesAndNothingElse) {
  const std::string evil = "CREATE TABLE evil (a int); CREATE ROLE evil; --";
  const std::vector<std::string> names{"n\n" + evil,
                                       "n\r\n" + evil,
                                       "n\x0b\xc2\x85\xe2\x80\xa8" + evil,
                                       "n\"); " + evil,
                                       "n'; " + evil,
                                       "n*/ " + evil,
                                       "n$$; " + evil,
                                       "n\\'; " + evil,
                                       "n\x1b]0;" + evil,
                                       "event_id",
                                       "loader row",
                                       std::string(63, 'x') + "1",
                                       std::string(63, 'x') + "2"};
  Bucket bucket;
  std::string header = "id", row = "1", more = "2";
  const auto quoted = [](const std::string& text) {
    std::string field = "\"";
    for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
    return field + "\"";
  };
  for (const auto& name : names) {
    header += "," + quoted(name);
    row += "," + quoted("v\n" + name);
    more += "," + quoted(name + " 2");
  }
  for (const auto& name : names) {
    if (name.find('/') == std::string::npos) bucket.load(name, 1, header + "\n" + row + "\n" + more + "\n");
  }
  const TempDir directory;
  const auto drafts = (directory / "db").string();
  const auto inferred =
      run_loader({program(), {"infer", drafts}}, {{"SOURCE", bucket.source()}, {"FORMAT", "header=yes"}});
  ASSERT_EQ(inferred.status, 0) << inferred.err;
  EXPECT_THAT(inferred.out, Not(HasSubstr("\x1b")));
  const TestDatabase database;
  const auto migrated =
      run_loader({program(), {"migrate"}}, {{"TARGET", database.conninfo()}, {"ENTITIES", drafts}});
  EXPECT_EQ(migrated.status, 0) << migrated.err;
  Database target(database.conninfo());
  EXPECT_EQ(target.value("SELECT to_regclass('evil') IS NULL"), "t");
  EXPECT_EQ(target.value("SELECT count(*) FROM pg_roles WHERE rolname = 'evil'"), "0");
  EXPECT_EQ(target.value("SELECT count(*) > 5 FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                         "'public'::regnamespace AND relname NOT LIKE 'loader%'"),
            "t");
  EXPECT_EQ(target.value("SELECT count(*) FROM pg_attribute WHERE attname ~ '[\\x01-\\x1f\\x7f-\\x9f]'"),
            "0");
}

}  // namespace
}  // namespace peo::test
