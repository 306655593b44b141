// Every kind of table that PostgreSQL can show: types, names, keys, partitions. Each is loaded both ways,
// straight by a full load and compared by change files, and must be the same; PostgreSQL's own input is the
// oracle.
#include <fmt/format.h>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Types = LoaderTest;

struct TypeCase {
  std::string type, value;  // the value as the file has it
  std::string same;         // another way of writing it, or empty
};

const std::vector<TypeCase>& cases() {
  static const std::vector<TypeCase> list{
      {"smallint", "-32768", ""},
      {"integer", "2147483647", ""},
      {"bigint", "-9223372036854775808", ""},
      {"numeric(18,8)", "1234567890.12345678", ""},
      {"numeric(10,2)", "5", "5.000"},
      {"numeric", "-0.000000000000000000000000000001", ""},
      {"real", "1.5e-10", ""},
      {"double precision", "-1.7976931348623157e308", ""},
      {"double precision", "NaN", ""},
      {"money", "12.34", ""},
      {"boolean", "1", "true"},
      {"boolean", "0", "f"},
      {"date", "0001-01-01", ""},
      {"time", "23:59:59.999999", ""},
      {"timestamp", "2022-09-22 09:58:53.1234567", "2022-09-22 09:58:53.123457"},
      {"timestamp(3)", "1970-01-01 00:00:00.0004", "1970-01-01 00:00:00"},
      {"timestamptz", "2022-03-27 01:30:00+01:00", "2022-03-27 00:30:00"},
      {"interval", "1 day 02:03:04", ""},
      {"uuid", "6F1C3F6E-0000-4000-8000-00000000000A", "{6f1c3f6e-0000-4000-8000-00000000000a}"},
      {"text", "\"quote \"\" comma , break \r\n tab \t backslash \\ end\"", ""},
      {"text", "ünïcödé 漢字 🎉", ""},
      {"varchar(5)", "abcde", ""},
      {"char(5)", "ab", "ab   "},
      {"bytea", "DEADbeef", "0xdeadbeef"},
      {"bytea", "\\x00ff", "00FF"},
      {"bytea", "\"\"", "0x"},
      {"json", R"("{""b"": 1, ""a"":  [1,2]}")", ""},
      {"jsonb", R"("{""b"": 1, ""a"":  [1,2]}")", R"("{""a"":[1,2],""b"":1}")"},
      {"int[]", "\"{1,NULL,3}\"", "\"{ 1, NULL, 3 }\""},
      {"text[]", R"("{""a,b"",c}")", ""},
      {"xml", R"("<a b=""1""/>")", ""},
      {"inet", "10.0.0.1/8", ""},
      {"int4range", "\"[1,5)\"", "\"[1,4]\""},
      {"point", "\"(1,2)\"", ""},
      {"mood", "happy", ""},
      {"price", "1.25", "1.2500"},
      {"citext_like", "Abc", ""},
      {"bit(4)", "1010", ""},
      {"tsvector", "'a':1 'b':2", ""},
  };
  return list;
}

TEST_F(Types, EveryTypeBothWays) {
  execute(
      "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN price AS numeric(10,4) CHECK (VALUE > 0);"
      "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
      "CREATE DOMAIN citext_like AS text COLLATE ci");
  std::string columns = "id int PRIMARY KEY";
  std::string row;
  std::string nulls;
  std::string same;
  for (std::size_t i = 0; i < cases().size(); ++i) {
    const auto& one = cases()[i];
    columns += fmt::format(", c{} {}", i, one.type);
    row += "," + one.value;
    same += "," + (one.same.empty() ? one.value : one.same);
    nulls += ",";
  }
  execute(table_sql("direct", columns) + ";" + table_sql("staged", columns));
  bucket_.load("direct", 1, "1" + row + "\n2" + nulls + "\n");
  bucket_.change("staged", "20220101-000000001", "I,1" + row + "\nI,2" + nulls + "\n");
  bucket_.change("direct", "20220101-000000002", "U,1" + same + "\nU,2" + nulls + "\n");  // nothing new
  load({{"RETRY_SECONDS", "0"}});
  EXPECT_THAT(query("SELECT entity, created, amended, removed FROM loader_deliveries ORDER BY kind, entity, "
                    "delivery_id"),
              ElementsAre("direct|0|0|0", "staged|2|0|0", "direct|2|0|0"));
  for (std::size_t i = 0; i < cases().size(); ++i) {
    const auto got = [&](const std::string& table) {
      return value(fmt::format("SELECT c{}::text FROM {} WHERE id = 1", i, table));
    };
    EXPECT_EQ(got("direct"), got("staged")) << cases()[i].type;
    EXPECT_THAT(query(fmt::format("SELECT c{} FROM direct WHERE id = 2", i)), ElementsAre("∅"));
  }
  EXPECT_EQ(value("SELECT c16::text FROM direct WHERE id = 1"),
            value("SELECT '2022-03-27 00:30:00+00'::timestamptz::text"));
  EXPECT_EQ(value("SELECT encode(c23, 'hex') FROM direct WHERE id = 1"), "deadbeef");
  EXPECT_EQ(value("SELECT c19 FROM direct WHERE id = 1"),
            "quote \" comma , break \r\n tab \t backslash \\ end");
  EXPECT_EQ(value("SELECT c26 FROM direct WHERE id = 1"), "{\"b\": 1, \"a\":  [1,2]}");
}

// A change that other rules call equal is still a change of the data.
TEST_F(Types, DifferencesThatEqualityMayHide) {
  execute("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);" +
          table_sql("t", "id int PRIMARY KEY, a text COLLATE ci, b json, c text[]"));
  bucket_.load("t", 1, "1,abc,\"[1]\",\"{a}\"\n2,abc,\"[1]\",\"{a}\"\n3,abc,\"[1]\",\"{a}\"\n4,abc,,\n");
  bucket_.change(
      "t", "20220101-000000001",
      "U,1,ABC,\"[1]\",\"{a}\"\nU,2,abc,\"[1 ]\",\"{a}\"\nU,3,abc,\"[1]\",\"{A}\"\nU,4,abc,null,\n");
  load();
  EXPECT_THAT(ledger_counts(), ElementsAre("4|0|0", "0|4|0"));
}

TEST_F(Types, CompositeKeysOfManyTypes) {
  execute(table_sql(
      "t", "v text, day date, id int, name text, big bigint, u uuid, PRIMARY KEY (name, id, day, big, u)"));
  const std::string key =
      R"(2022-09-22,1,"a ""b"", c",9007199254740993,6f1c3f6e-0000-4000-8000-000000000001)";
  bucket_.load(
      "t", 1,
      "x," + key +
          "\ny,2022-09-23,1,\"a \"\"b\"\", c\",9007199254740993,6f1c3f6e-0000-4000-8000-000000000001\n");
  bucket_.change(
      "t", "20220101-000000001",
      "D,," + key +
          "\nU,z,2022-09-23,1,\"a \"\"b\"\", c\",9007199254740993,6f1c3f6e-0000-4000-8000-000000000001\n");
  load();
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|1|1"));
  EXPECT_THAT(query("SELECT key FROM loader_removals WHERE key = jsonb_build_object('name', 'a \"b\", c', "
                    "'id', 1, 'day',"
                    " '2022-09-22', 'big', 9007199254740993, 'u', '6f1c3f6e-0000-4000-8000-000000000001')"),
              ::testing::SizeIs(1));
  // The removal is found by its key's parts.
  EXPECT_EQ(value("SELECT key->>'name' FROM loader_removals"), "a \"b\", c");
}

// A delete row holds the key and nothing else, whatever the other columns ask for.
TEST_F(Types, DeleteRowsWithOnlyTheKey) {
  execute(table_sql(
      "t", "id int PRIMARY KEY, a text NOT NULL, b int NOT NULL CHECK (b > 0), c uuid NOT NULL UNIQUE"));
  const std::string id = "6f1c3f6e-0000-4000-8000-00000000000";
  bucket_.load("t", 1, "1,x,1," + id + "1\n2,x,1," + id + "2\n");
  bucket_.change("t", "20220101-000000001", "D,1,,,\nD,7,,,\n");
  load();
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|0|1"));
}

TEST_F(Types, DeleteRowsWithOnlyTheKeyOfATableWithDomains) {
  execute("CREATE DOMAIN filled AS text CHECK (VALUE IS NOT NULL AND VALUE <> 'bad')");
  execute("CREATE DOMAIN amount AS numeric(8, 2) NOT NULL");
  execute(table_sql("t", "id int PRIMARY KEY, a filled, b amount"));
  bucket_.load("t", 1, "1,x,1.005\n2,x,2\n");
  bucket_.change("t", "20220101-000000001", "D,1,,\nD,7,,\nU,2,y,3.125\n");
  load();
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|1|1"));
  EXPECT_THAT(query("SELECT id, a, b FROM t"), ElementsAre("2|y|3.13"));
}

// The source's times have seven digits, the table's key keeps three: the same row, however few rows a file
// has.
TEST_F(Types, KeysThatRound) {
  execute(table_sql("t", "at timestamp(3) PRIMARY KEY, a text"));
  bucket_.load("t", 1, "2022-01-01 00:00:00.1234567,x\n2022-01-01 00:00:01.1234567,y\n");
  bucket_.change("t", "20220101-000000001", "D,2022-01-01 00:00:00.1234567,x\n");
  bucket_.change("t", "20220101-000000002",
                 "U,2022-01-01 00:00:01.1234567,y\nI,2022-01-01 00:00:01.1231111,z\n");
  load();
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|0|1", "0|1|0"));
  EXPECT_THAT(query("SELECT at, a FROM t"), ElementsAre("2022-01-01 00:00:01.123|z"));
}

TEST_F(Types, OddNames) {
  const std::vector<std::string> tables{"Select", "a table",  "UPPER",    "Größe",       "it's",
                                        "{key}",  "a\"quote", "per%cent", "back\\slash", "plus+and&amp;"};
  const std::string columns =
      "\"Primary Key\" int, \"select\" int, \"a\"\"b\" text, \"{table}\" text, \"it's\" text, "
      "\"back\\slash\" text, "
      "\"ключ\" text, \"t\" text, \"last\" text, \"excluded\" text, \"op\" text, \"row\" text, \"%s\" text, "
      "PRIMARY KEY (\"Primary Key\", \"select\", \"it's\", \"back\\slash\", \"ключ\")";
  const auto quoted = [](const std::string& name) {
    std::string text = "\"";
    for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + "\"";
  };
  for (const auto& table : tables) {
    execute(table_sql(quoted(table), columns));
    bucket_.load(table, 1,
                 "1,2,a,b,c,d,e,f,g,h,i,j,k\n2,2,a,b,c,d,e,f,g,h,i,j,k\n3,2,a,b,c,d,e,f,g,h,i,j,k\n");
    bucket_.change(table, "20220101-000000001",
                   "U,1,2,A,B,c,d,e,F,G,H,I,J,K\nD,2,2,,,c,d,e,,,,,,\nU,3,2,a,b,c,d,e,f,g,h,i,j,k\n");
  }
  const auto log = load();
  for (const auto& table : tables) {
    EXPECT_THAT(query("SELECT * FROM " + quoted(table) + " ORDER BY 1"),
                ElementsAre(HasSubstr("1|2|A|B|c|d|e|F|G|H|I|J|K|"), HasSubstr("3|2|a|b|c|d|e|f|g|h|i|j|k|")))
        << table;
  }
  EXPECT_THAT(query("SELECT DISTINCT kind, created, amended, removed FROM loader_deliveries ORDER BY 1"),
              ElementsAre("change|0|1|1", "full_load|3|0|0"));
  EXPECT_EQ(value("SELECT count(*) FROM loader_removals WHERE key = '{\"select\": 2, \"Primary Key\": 2, "
                  "\"it''s\": \"c\", "
                  "\"back\\\\slash\": \"d\", \"ключ\": \"e\"}'"),
            std::to_string(tables.size()));
  // A dry run makes its tables under the same names.
  EXPECT_THAT(deliveries_in(load({{"DRY_RUN", "True"}})), IsEmpty());
}

TEST_F(Types, GeneratedAndIdentityColumns) {
  const std::string columns =
      "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, "
      "b int "
      "DEFAULT 5, c serial";
  execute(table_sql("direct", columns) + ";" + table_sql("staged", columns));
  bucket_.load("direct", 1, "7,1,,3\n9,2,6,4\n");
  bucket_.change("staged", "20220101-000000001", "I,7,1,,3\nI,9,2,6,4\n");
  bucket_.change("staged", "20220101-000000002", "U,7,1,,3\nU,9,3,6,4\n");
  load();
  EXPECT_THAT(query("SELECT id, a, twice, b, c FROM direct ORDER BY 1"),
              ElementsAre("7|1|2|∅|3", "9|2|4|6|4"));
  EXPECT_THAT(query("SELECT id, a, twice, b, c FROM staged ORDER BY 1"),
              ElementsAre("7|1|2|∅|3", "9|3|6|6|4"));
  EXPECT_THAT(query("SELECT created, amended, removed FROM loader_deliveries WHERE entity = 'staged' ORDER "
                    "BY delivery_id"),
              ElementsAre("2|0|0", "0|1|0"));
}

TEST_F(Types, PartitionedTables) {
  execute(table_sql("t", "id int, day date, v text, PRIMARY KEY (id, day)") +
          " PARTITION BY RANGE (day); CREATE TABLE t_21 PARTITION OF t FOR VALUES FROM ('2021-01-01') TO "
          "('2022-01-01');"
          "CREATE TABLE t_22 PARTITION OF t FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')");
  bucket_.load("t", 1, "1,2021-05-05,a\n2,2022-05-05,b\n3,2022-05-06,c\n");
  bucket_.change("t", "20220101-000000001",
                 "U,1,2021-05-05,A\nU,2,2022-05-05,b\nD,3,2022-05-06,\nI,4,2021-01-01,d\nU,5,2022-12-31,e\n");
  bucket_.put("dbo/t_21/LOAD00000001.csv.gz",
              gzipped("9,2021-05-05,x\n"));  // a partition is no table of its own
  load();
  EXPECT_THAT(query("SELECT id, v FROM t_21 ORDER BY 1"), ElementsAre("1|A", "4|d"));
  EXPECT_THAT(query("SELECT id, v FROM t_22 ORDER BY 1"), ElementsAre("2|b", "5|e"));
  EXPECT_THAT(ledger_counts(), ElementsAre("3|0|0", "2|1|1"));
}

TEST_F(Types, OnlyKeyColumns) {
  execute(table_sql("t", "a int, b text, PRIMARY KEY (a, b)") + ";" + table_sql("one", "id int PRIMARY KEY"));
  bucket_.load("t", 1, "1,x\n2,y\n");
  bucket_.change("t", "20220101-000000001", "U,1,x\nI,3,z\nD,2,y\n");
  bucket_.load("one", 1, "1\n2\n");
  bucket_.change("one", "20220101-000000001", "U,1\nI,3\nD,2\n");
  load();
  EXPECT_THAT(query("SELECT a, b FROM t ORDER BY 1"), ElementsAre("1|x", "3|z"));
  EXPECT_THAT(query("SELECT id FROM one ORDER BY 1"), ElementsAre("1", "3"));
  EXPECT_THAT(
      query("SELECT entity, created, amended, removed FROM loader_deliveries ORDER BY entity, kind DESC"),
      ElementsAre("one|2|0|0", "one|1|0|1", "t|2|0|0", "t|1|0|1"));
}

// The loader's two columns stand anywhere; dropped columns leave no gap.
TEST_F(Types, ColumnsInAnyPlace) {
  execute(
      "CREATE TABLE t (event_id bigint, gone int, id int PRIMARY KEY, delivery_id bigint, v text);"
      "ALTER TABLE t DROP COLUMN gone; ALTER TABLE t ADD COLUMN w text");
  bucket_.load("t", 1, "1,v,w\n");
  bucket_.change("t", "20220101-000000001", "U,1,v,W\n");
  load();
  EXPECT_THAT(query("SELECT id, v, w, event_id, delivery_id FROM t"), ElementsAre("1|v|W|2|2"));
}

// In another schema than public, by the connection's search_path.
TEST_F(Types, AnotherSchema) {
  execute(R"(CREATE SCHEMA "My Schema"; SET search_path TO "My Schema"; )" +
          table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.load("t", 1, "1,v\n");
  bucket_.change("t", "20220101-000000001", "U,1,w\n");
  load({{"TARGET", database_.conninfo() + R"( options='-c search_path="My\\ Schema",public')"}});
  EXPECT_EQ(value("SELECT v FROM \"My Schema\".t"), "w");
  EXPECT_EQ(value("SELECT count(*) FROM \"My Schema\".loader_deliveries"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

// What a server of its own defaults: nothing of it may change what a file says.
TEST_F(Types, TheServersDefaultsDontMatter) {
  execute("ALTER DATABASE " + database_.name() + " SET DateStyle TO 'SQL, DMY'; ALTER DATABASE " +
          database_.name() + " SET TimeZone TO 'America/New_York'; ALTER DATABASE " + database_.name() +
          " SET IntervalStyle TO 'iso_8601'; ALTER DATABASE " + database_.name() +
          " SET statement_timeout TO '1ms'; ALTER DATABASE " + database_.name() +
          " SET standard_conforming_strings TO off; ALTER DATABASE " + database_.name() +
          " SET client_encoding TO 'LATIN1'");
  const auto conninfo = database_.conninfo() + " options='-c statement_timeout=0'";
  Database sql(conninfo);
  sql.execute(table_sql("t", "id int PRIMARY KEY, d date, ts timestamp, tz timestamptz, v text"));
  const std::string rest = ",2022-03-04,2022-03-04 05:06:07,2022-03-04 05:06:07,\"naïve \\ '\"\n";
  bucket_.load("t", 1, "1" + rest);
  bucket_.change("t", "20220101-000000001", "I,2" + rest);
  load();
  EXPECT_THAT(
      lines_of(sql.rows(
          "SELECT to_char(d, 'YYYY-MM-DD'), to_char(ts, 'YYYY-MM-DD HH24:MI:SS'), to_char(tz AT TIME ZONE "
          "'UTC', 'YYYY-MM-DD HH24:MI:SS'), encode(convert_to(v, 'UTF8'), 'hex') FROM t ORDER BY id")),
      ::testing::Each(
          std::string("2022-03-04|2022-03-04 05:06:07|2022-03-04 05:06:07|6e61c3af7665205c2027")));
}

// A column was widened at the source: the error names the statement that helps, whichever way the file takes.
TEST_F(Types, AWiderTypeIsNamedOnEveryWay) {
  struct Case {
    std::string file, text, alter;
  };
  const std::string load = "LOAD00000001.csv", change = "20220101-000000001.csv";
  std::string many;
  for (int i = 10; i < 3000; ++i) many += fmt::format("I,{},1,x,1\n", i);
  const std::string to_bigint = R"("a b" TYPE bigint;)";
  for (const auto& [file, text, alter] :
       {Case{load, "1,3000000000,x,1\n", to_bigint}, Case{change, "I,1,3000000000,x,1\n", to_bigint},
        Case{change, many + "I,1,3000000000,x,1\n", to_bigint},
        Case{change, "I,1,1,long text,1\n", R"("c" TYPE text;)"},
        Case{load, "1,1,x,123456.5\n", R"("n" TYPE numeric)"}}) {
    SCOPED_TRACE(fmt::format("{}, {} bytes, {}", file, text.size(), alter));
    const TestDatabase database;
    Database target(database.conninfo());
    target.execute(
        table_sql(R"("Odd "" table")", R"(id int PRIMARY KEY, "a b" int, c varchar(3), n numeric(4,1))"));
    const Bucket bucket;
    const std::string key = "dbo/Odd \" table/" + file;
    write_file(bucket.directory() / key, text);
    auto all = settings({{"SOURCE", bucket.source()}, {"TARGET", database.conninfo()}});
    const auto statement = R"(ALTER TABLE "public"."Odd "" table" ALTER COLUMN )" + alter;
    const auto ran = run_loader(loader_command, all);
    EXPECT_EQ(ran.status, 65) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(statement));
    EXPECT_THAT(target.value("SELECT hint FROM loader_holds"), HasSubstr(statement));
    EXPECT_THAT(run_loader({program(), {"plan"}}, all).out, HasSubstr(statement));
    all["BAD_ROWS"] = "quarantine_row";
    EXPECT_EQ(run_loader(loader_command, all).status, 0);
    const auto reason = target.value("SELECT reason FROM loader_rejects");
    ASSERT_THAT(reason, HasSubstr(statement));
    target.execute(reason.substr(reason.find("ALTER TABLE")));
    EXPECT_EQ(run_loader({program(), {"replay", key}}, all).status, 0);
    EXPECT_EQ(run_loader(loader_command, all).status, 0);
    EXPECT_EQ(target.value(R"(SELECT count(*) FROM "Odd "" table" WHERE id = 1)"), "1");
  }
}

}  // namespace
}  // namespace peo::test
