// Every type that a Parquet file of AWS DMS may have: its values reach PostgreSQL exactly, as DuckDB itself
// writes them and as PostgreSQL reads that.
#include "fixture.hpp"
#include "plain_file.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Value {
  std::string parquet;     // in DuckDB's SQL
  std::string type;        // PostgreSQL's
  std::string postgresql;  // the same in PostgreSQL's SQL
};

const std::vector<Value>& values() {
  static const std::vector<Value> list{
      {"true", "boolean", "true"},
      {"false", "boolean", "false"},
      {"(-128)::tinyint", "smallint", "-128"},
      {"(-32768)::smallint", "smallint", "-32768"},
      {"2147483647::integer", "integer", "2147483647"},
      {"(-9223372036854775807)::bigint", "bigint", "-9223372036854775807"},
      {"255::utinyint", "smallint", "255"},
      {"18446744073709551615::ubigint", "numeric", "18446744073709551615"},
      {"0.1::float", "real", "'0.1'"},
      {"(-3.4028235e38)::float", "real", "'-3.4028235e38'"},
      {"1.4e-45::float", "real", "'1.4e-45'"},
      {"0.1::double", "double precision", "'0.1'"},
      {"1e16::double", "double precision", "'1e16'"},
      {"1.7976931348623157e308::double", "double precision", "'1.7976931348623157e308'"},
      {"5e-324::double", "double precision", "'5e-324'"},
      {"'-0.0'::double", "double precision", "'-0'"},
      {"'nan'::double", "double precision", "'NaN'"},
      {"'-inf'::double", "double precision", "'-Infinity'"},
      {"(-0.01)::decimal(4, 2)", "numeric(4, 2)", "-0.01"},
      {"12345678901234567890123456.1234567890::decimal(38, 12)", "numeric",
       "12345678901234567890123456.123456789000"},
      {"100::decimal(9, 0)", "bigint", "100"},
      {"100::decimal(9, 2)", "bigint", "100"},
      {"date '2020-02-29'", "date", "'2020-02-29'"},
      {"date '0044-03-15 (BC)'", "date", "'0044-03-15 BC'"},
      {"date '9999-12-31'", "date", "'9999-12-31'"},
      {"date '12345-01-01'", "date", "'12345-01-01'"},
      {"timestamp '2020-01-02 03:04:05.123456'", "timestamp", "'2020-01-02 03:04:05.123456'"},
      {"timestamp '1969-12-31 23:59:59.999999'", "timestamp", "'1969-12-31 23:59:59.999999'"},
      {"timestamp '0044-03-15 (BC) 12:00:00'", "timestamp", "'0044-03-15 12:00:00 BC'"},
      {"timestamp '2020-01-02'", "date", "'2020-01-02'"},
      {"timestamp_ms '2020-01-02 03:04:05.123'", "timestamp", "'2020-01-02 03:04:05.123'"},
      {"timestamp_s '2020-01-02 03:04:05'", "timestamp", "'2020-01-02 03:04:05'"},
      {"timestamp_ns '2020-01-02 03:04:05.123456789'", "timestamp", "'2020-01-02 03:04:05.123456789'"},
      {"timestamptz '2020-01-02 03:04:05.5+02'", "timestamptz", "'2020-01-02 01:04:05.5+00'"},
      {"timestamptz '2020-01-02 03:04:05+00'", "timestamp", "'2020-01-02 03:04:05'"},
      {"time '23:59:59.999999'", "time", "'23:59:59.999999'"},
      {"time '00:00:00'", "time", "'00:00:00'"},
      {"timetz '12:00:00+00'", "time", "'12:00:00'"},
      {"interval '1 year 2 months 3 days 4 seconds'", "interval", "'1 year 2 months 3 days 4 seconds'"},
      {"uuid 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
      {"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
      {R"('\xAA\x00\xFF'::blob)", "bytea", R"('\xaa00ff')"},
      {"''::blob", "bytea", "''"},
      {"'plain'", "text", "'plain'"},
      {"''", "text", "''"},
      {"'NULL'", "text", "'NULL'"},
      {"'null'", "text", "'null'"},
      {"' spaces '", "text", "' spaces '"},
      {"'comma, \"quote\"'", "text", "'comma, \"quote\"'"},
      {"'line' || chr(10) || 'break' || chr(13) || chr(10) || chr(13)", "text", R"(E'line\nbreak\r\n\r')"},
      {R"('back\slash')", "text", R"('back\slash')"},
      {"chr(65279) || 'mark'", "text", R"(E'\uFEFFmark')"},
      {"'ünïcödé 漢字 🎉'", "text", "'ünïcödé 漢字 🎉'"},
      {"repeat('long \"text\", ', 100000)", "text", "repeat('long \"text\", ', 100000)"},
      {"'{\"a\": [1, 2]}'::json", "jsonb", "'{\"a\": [1, 2]}'"},
      {"'happy'::enum ('sad', 'happy')", "text", "'happy'"},
  };
  return list;
}

class ParquetValues : public ParquetTest {
 protected:
  void check(const std::string& options) {
    SCOPED_TRACE(options);
    std::string table = "id int PRIMARY KEY";
    std::string query;
    std::string nulls;
    std::string expected;
    std::string names;
    for (std::size_t i = 0; i < values().size(); ++i) {
      const auto& one = values()[i];
      table += fmt::format(", c{} {}", i, one.type);
      query += fmt::format(", {} AS c{}", one.parquet, i);
      nulls += ", NULL";
      expected += fmt::format(", ({})::{}", one.postgresql, one.type);
      names += fmt::format(", c{}", i);
    }
    execute("DROP TABLE IF EXISTS t; " + table_sql("t", table));
    bucket_.put("dbo/t/LOAD00000001.parquet",
                parquet_bytes("SELECT 1 AS id" + query + " UNION ALL SELECT 2" + nulls, options));
    bucket_.put("dbo/t/20220922-095853123.parquet",
                parquet_bytes("SELECT 'I' AS Op, 3 AS id" + query + " UNION ALL SELECT 'U', 1" + query +
                                  " UNION ALL SELECT 'D', 2" + nulls,
                              options));
    const TestDatabase database;
    const auto target = database.conninfo();
    Database(target).execute(table_sql("t", table));
    load(with_library({{"TARGET", target}}));
    Database sql(target);
    // The full load's row was not changed by the update, though the two were loaded in other ways.
    EXPECT_THAT(
        lines_of(sql.rows("SELECT created, amended, removed FROM loader_deliveries ORDER BY delivery_id")),
        ElementsAre("2|0|0", "1|0|1"));
    for (const auto* id : {"1", "3"}) {
      for (std::size_t i = 0; i < values().size(); ++i) {
        const auto& one = values()[i];
        EXPECT_EQ(sql.value(fmt::format(
                      "SELECT c{0}::text IS NOT DISTINCT FROM (({1})::{2})::text FROM t WHERE id = {3}", i,
                      one.postgresql, one.type, id)),
                  "t")
            << one.parquet << " as " << one.type << ": "
            << sql.value(
                   fmt::format("SELECT left(coalesce(c{}::text, 'NULL'), 80) FROM t WHERE id = {}", i, id));
      }
    }
  }
};

TEST_F(ParquetValues, EveryTypeVersion1) { check("COMPRESSION snappy, PARQUET_VERSION V1"); }
TEST_F(ParquetValues, EveryTypeVersion2) { check("COMPRESSION zstd, PARQUET_VERSION V2"); }
TEST_F(ParquetValues, EveryTypeGzip) { check("COMPRESSION gzip, ROW_GROUP_SIZE 1"); }
TEST_F(ParquetValues, EveryTypeUncompressed) { check("COMPRESSION uncompressed"); }

// What Spark, Hive and older writers use, and DuckDB's writer doesn't.
TEST_F(ParquetValues, OtherWritersTypes) {
  using namespace std::string_literals;
  execute(
      table_sql("t",
                "id int PRIMARY KEY, at timestamp, ms timestamp, us timestamp, day date, clock time, "
                "clock_us time, small numeric, large numeric, bytes numeric, fixed numeric, flag boolean, "
                "raw bytea"));
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int32_t epoch = 2'440'588;  // 1970-01-01 as a Julian day
  bucket_.put(
      "dbo/t/LOAD00000001.parquet",
      plain_parquet(
          {{"id", physical::Int32, plain(1) + plain(2)},
           {"at", physical::Int96,
            int96(11'045 * second + 123'456'000, epoch + 18'263) + int96(0, epoch - 1)},
           {"ms", physical::Int64, plain(1'577'934'245'123L) + plain(-1L), converted::TimestampMillis},
           {"us", physical::Int64, plain(1'577'934'245'123'456L) + plain(-1L), converted::TimestampMicros},
           {"day", physical::Int32, plain(18'263) + plain(-1), converted::Date},
           {"clock", physical::Int32, plain(86'399'999) + plain(0), converted::TimeMillis},
           {"clock_us", physical::Int64, plain(86'399'999'999L) + plain(0L), converted::TimeMicros},
           {.name = "small",
            .type = physical::Int32,
            .values = plain(-12'345) + plain(1),
            .annotation = converted::Decimal,
            .precision = 9,
            .scale = 2},
           {.name = "large",
            .type = physical::Int64,
            .values = plain(-123'456'789'012'345'678L) + plain(1L),
            .annotation = converted::Decimal,
            .precision = 18,
            .scale = 6},
           {.name = "bytes",
            .type = physical::ByteArray,
            .values = plain("\xFF\x85"s) + plain("\x01\x00\x00"s),
            .annotation = converted::Decimal,
            .precision = 20,
            .scale = 1},
           {.name = "fixed",
            .type = physical::FixedLength,
            .values = std::string(16, '\xFF') + std::string(15, '\0') + '\7',
            .annotation = converted::Decimal,
            .length = 16,
            .precision = 38,
            .scale = 38},
           {"flag", physical::Boolean, "\1"s},
           {"raw", physical::ByteArray, plain("\x00\xFF"s) + plain(""s)}},
          2));
  load(with_library());
  EXPECT_THAT(
      query("SELECT * FROM (SELECT at, ms, us, day, clock, clock_us FROM t ORDER BY id) t"),
      ElementsAre(
          "2020-01-02 03:04:05.123456|2020-01-02 03:04:05.123|2020-01-02 03:04:05.123456|2020-01-02|"
          "23:59:59.999|23:59:59.999999",
          "1969-12-31 00:00:00|1969-12-31 23:59:59.999|1969-12-31 23:59:59.999999|1969-12-31|00:00:00|"
          "00:00:00"));
  EXPECT_THAT(query("SELECT small, large, bytes, fixed, flag, raw FROM t ORDER BY id"),
              ElementsAre("-123.45|-123456789012.345678|-12.3|-0.00000000000000000000000000000000000001|t|"
                          "\\x00ff",
                          "0.01|0.000001|6553.6|0.00000000000000000000000000000000000007|f|\\x"));
}

TEST_F(ParquetValues, NullIsNeverTheEmptyText) {
  execute(table_sql("t", "id int PRIMARY KEY, v text NOT NULL"));
  bucket_.put("dbo/t/LOAD00000001.parquet", parquet_bytes("SELECT 1 AS id, '' AS v"));
  load(with_library());
  EXPECT_THAT(query("SELECT id, v FROM t"), ElementsAre("1|"));
  bucket_.put("dbo/t/20220922-095853123.parquet", parquet_bytes("SELECT 'I' AS Op, 2 AS id, NULL AS v"));
  const auto ran = run(with_library());
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("20220922-095853123.parquet row 1 column v"));
}

TEST_F(ParquetValues, WhatCantBeLoadedNamesTheColumn) {
  const std::vector<std::string> queries{"SELECT 1 AS id, [1, 2] AS v", "SELECT 1 AS id, {'a': 1} AS v",
                                         "SELECT 1 AS id, MAP {'a': 1} AS v"};
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto table = fmt::format("t{}", i);
    execute(table_sql(table, "id int PRIMARY KEY, v text"));
    bucket_.put("dbo/" + table + "/LOAD00000001.parquet", parquet_bytes(queries[i]));
  }
  const auto ran = run(with_library());
  EXPECT_EQ(ran.status, 65);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    EXPECT_THAT(texts_of(ran.err, "ERROR"),
                Contains(AllOf(HasSubstr(fmt::format("t{}/LOAD00000001.parquet", i)),
                               HasSubstr("column v is a list or a struct"), HasSubstr("Remove the column"),
                               Not(HasSubstr("report this")))))
        << queries[i];
  }
}

// The policies of CSV: a bad row is named by its number, and quarantined as it is in the CSV text.
TEST_F(ParquetValues, BadRowsByNumber) {
  execute(table_sql("t", "id int PRIMARY KEY, v smallint, w text"));
  bucket_.put(
      "dbo/t/LOAD00000001.parquet",
      parquet_bytes(
          "SELECT i AS id, CASE WHEN i = 3 THEN 70000 ELSE i END AS v, 'two' || chr(10) || 'lines' AS "
          "w FROM range(1, 6) t(i)"));
  const auto ran = run(with_library());
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("LOAD00000001.parquet row 3 column v"));
  load(with_library({{"BAD_ROWS", "quarantine_row"}}));
  EXPECT_THAT(query("SELECT id FROM t ORDER BY 1"), ElementsAre("1", "2", "4", "5"));
  EXPECT_THAT(query("SELECT line, column_name, convert_from(raw, 'UTF8') FROM loader_rejects"),
              ElementsAre("3|v|3,70000,\"two\nlines\""));
}

TEST_F(ParquetValues, ColumnsByNameAndNewOnes) {
  execute(table_sql("t", "id int PRIMARY KEY, v text, w text"));
  bucket_.put("dbo/t/LOAD00000001.parquet", parquet_bytes("SELECT 'w' AS W, 1 AS Id, 'v' AS v, 5 AS more"));
  const auto ran = run(with_library());
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("more"));
  load(with_library({{"SCHEMA_DRIFT", "add"}, {"FORMAT", "timestamp=never"}}));
  EXPECT_THAT(query("SELECT id, v, w, more FROM t"), ElementsAre("1|v|w|5"));
}

// In a full load, which adds the columns before its rows, and in a change, which stages them as text.
TEST_F(ParquetValues, NewColumnsAreOfTheFilesTypes) {
  const std::string columns =
      "'1234'::blob AS b, 1.5::double AS d, 12.34::decimal(18, 4) AS n, date '2020-01-02' AS day, '007' AS "
      "code, "
      "7::integer AS i, false AS flag, timestamp '2020-01-02 03:04:05' AS ts, timetz '12:00:00+00' AS tz";
  bucket_.put("dbo/t/LOAD00000001.parquet", parquet_bytes("SELECT 1 AS id, " + columns));
  bucket_.put("dbo/u/LOAD00000001.parquet", parquet_bytes("SELECT 2 AS id"));
  bucket_.put("dbo/u/20220922-095853123.parquet", parquet_bytes("SELECT 'I' AS Op, 1 AS id, " + columns));
  const TempDir drafts;
  const auto inferred =
      run_loader({program(), {"infer", drafts.path().string(), "t"}}, settings(with_library()));
  EXPECT_EQ(inferred.status, 0) << inferred.err;
  const auto sql = read_file(drafts / "001_t.sql");
  for (const char* column : {"b bytea,", "d double precision,", "n numeric(18,4),", "day date,", "code text,",
                             "i integer,", "flag boolean,", "ts timestamp,"})
    EXPECT_THAT(sql, HasSubstr(std::string("    ") + column));
  execute(table_sql("t", "id int PRIMARY KEY") + "; " + table_sql("u", "id int PRIMARY KEY"));
  load(with_library({{"SCHEMA_DRIFT", "add"}, {"FORMAT", "timestamp=never"}}));
  for (const char* table : {"t", "u"}) {
    EXPECT_EQ(
        value(fmt::format("SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER "
                          "BY attnum) FROM pg_attribute WHERE attrelid = '{}'::regclass AND attnum > 3",
                          table)),
        "b bytea, d double precision, n numeric(18,4), day date, code text, i integer, flag boolean, ts "
        "timestamp without time zone, tz time with time zone");
    EXPECT_THAT(
        query(fmt::format("SELECT convert_from(b, 'UTF8'), d, n, day, code, i, flag, ts FROM {} WHERE id = 1",
                          table)),
        ElementsAre("1234|1.5|12.3400|2020-01-02|007|7|f|2020-01-02 03:04:05"));
  }
  EXPECT_EQ(
      run_loader({program(), {"verify"}}, settings(with_library({{"FORMAT", "timestamp=never"}}))).status, 0);
}

TEST_F(ParquetValues, TheTimestampColumnIsLeftOut) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.put("dbo/t/20220922-095853123.parquet",
              parquet_bytes(
                  "SELECT 'I' AS Op, '2022-09-22 09:58:53.000000' AS ts, 1 AS id, 'a' AS v UNION ALL SELECT "
                  "'U', '2022-09-22 09:58:54.000000', 1, NULL"));
  load(with_library({{"FORMAT", "timestamp_name=ts"}}));
  EXPECT_THAT(query("SELECT id, v FROM t"), ElementsAre("1|∅"));
}

// One column of one text, whose header and values look like what CSV files may hold.
TEST_F(ParquetValues, OddTexts) {
  execute(table_sql("t", "id text PRIMARY KEY"));
  bucket_.put("dbo/t/LOAD00000001.parquet",
              parquet_bytes(
                  "SELECT * FROM (VALUES ('id'), ('id'), ('NULL'), (''), (chr(65279) || 'x'), ('I')) t(id)"));
  const auto ran = run(with_library({{"BAD_ROWS", "quarantine_row"}}));
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(value("SELECT count(*) FROM t"), "5");
}

}  // namespace
}  // namespace peo::test
