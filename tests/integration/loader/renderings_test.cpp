// How AWS DMS writes values (docs/file-format.md, "Values"): each comes out the same on every way into a
// table, encoded here or read by the server, and what fits no column is refused on each.
#include <fmt/format.h>

#include <map>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Rendering {
  std::string column, value, shown;  // in the table; "∅": NULL
};

const std::vector<Rendering>& renderings() {
  static const std::vector<Rendering> list{
      {"r", "+3.23800011e+01", "32.38"},
      {"r", "+0.00000000e+00", "0"},
      {"r", "-1.17549435e-38", "-1.1754944e-38"},
      {"d", "+5.0656000000000000e+05", "506560"},
      {"n", "24000.00", "24000.0000"},
      {"n", "2019.0000000000", "2019.0000"},
      {"n", "-0.00005", "-0.0001"},
      {"b", "0", "false"},
      {"b", "1", "true"},
      {"b", "1.0", "true"},
      {"b", "0.0", "false"},
      {"b", "TRUE", "true"},
      {"b", "f", "false"},
      {"u", "{6F1C3F6E-0000-4000-8000-00000000000A}", "6f1c3f6e-0000-4000-8000-00000000000a"},
      {"u", "6f1c3f6e00004000800000000000000a", "6f1c3f6e-0000-4000-8000-00000000000a"},
      {"h", "00FFab", "\\x00ffab"},
      {"h", "0x00ff", "\\x00ff"},
      {"h", "\\x00FF", "\\x00ff"},
      {"h", "\"\"", "\\x"},
      {"ts", "2018-08-20 16:13:17", "2018-08-20 16:13:17"},
      {"ts", "2022-01-01 10:20:30.123456500", "2022-01-01 10:20:30.123456"},
      {"ts", "2022-01-01 10:20:30.123457500", "2022-01-01 10:20:30.123458"},
      {"ts", "2021-12-31 23:59:59.999999999", "2022-01-01 00:00:00"},
      {"ts", "2026-06-15 12:30:45.123456000 +05:30", "2026-06-15 07:00:45.123456"},
      {"ts", "2026-03-13 06:00:00 +14:00", "2026-03-12 16:00:00"},
      {"ts", "2020-01-02 23:04:05.1234567 -02:00", "2020-01-03 01:04:05.123457"},
      {"ts", "2020-02-29T23:30:00-01", "2020-03-01 00:30:00"},
      {"ts", "2020-01-01T00:00:00Z", "2020-01-01 00:00:00"},
      {"ts", "0001-01-01 00:00:00 +01:00", "0001-12-31 23:00:00 BC"},
      {"ts", "9999-12-31 23:00:00 -02:00", "10000-01-01 01:00:00"},
      {"ts", "1999-12-31 20:00:00.5 -04:00", "2000-01-01 00:00:00.5"},
      {"ms", "2020-01-02 03:04:05.1239 +02:00", "2020-01-02 01:04:05.124"},
      {"tz", "2026-06-15 12:30:45.123456000 +05:30", "2026-06-15 07:00:45.123456+00"},
      {"tz", "2020-01-02 03:04:05", "2020-01-02 03:04:05+00"},
      {"t", "23:59:59.123456789", "23:59:59.123457"},
      {"da", "1996-07-04", "1996-07-04"},
      {"s", "", ""},
      {"s", "\"NULL\"", "NULL"},
      {"o", "", "∅"},
      {"o", "NULL", "∅"},
      {"o", "\"NULL\"", "NULL"},
      {"o", "\"\"", ""},
      {"o", "null", "null"},
      {"o", " NULL ", " NULL "},
      {"o", "\\N", "\\N"},
  };
  return list;
}

const std::vector<std::string> names{"r", "d", "n", "b", "u", "h", "ts", "ms", "tz", "t", "da", "s", "o"};

class Renderings : public LoaderTest {
 protected:
  static std::string columns() {
    return "id int PRIMARY KEY, r real, d double precision, n numeric(19, 4), b boolean, u uuid, h bytea, "
           "ts timestamp, ms timestamp(3), tz timestamptz, t time, da date, s text NOT NULL, o text";
  }
  static std::string row(std::size_t id, const std::string& column, const std::string& value,
                         const std::string& op = "") {
    std::string text = op + std::to_string(id);
    for (const auto& name : names) text += "," + (name == column ? value : "");
    return text + "\n";
  }
  static std::string all_rows(const std::string& op) {
    std::string text;
    for (std::size_t i = 0; i < renderings().size(); ++i)
      text += row(i, renderings()[i].column, renderings()[i].value, op);
    return text;
  }
};

TEST_F(Renderings, AreTheSameOnEveryWay) {
  const std::string text_only = columns() + ", i interval";
  execute(table_sql("load_binary", columns()) + ";" + table_sql("load_text", text_only) + ";" +
          table_sql("small", columns()) + ";" + table_sql("staged_binary", columns()) + ";" +
          table_sql("staged_text", text_only));
  const auto with_interval = [](std::string text) {
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2))
      text.insert(at, ",");
    return text;
  };
  std::string filler;  // too many rows for a small delivery
  for (int i = 0; i < 1001; ++i) filler += row(10000 + static_cast<std::size_t>(i), "", "", "I,");
  bucket_.load("load_binary", 1, all_rows(""));
  bucket_.load("load_text", 1, with_interval(all_rows("")));
  bucket_.change("small", "20220101-000000001", all_rows("I,"));
  bucket_.change("staged_binary", "20220101-000000001", all_rows("I,") + filler);
  bucket_.change("staged_text", "20220101-000000001", with_interval(all_rows("I,") + filler));
  const auto log = load();
  for (const auto* table : {"load_binary", "load_text", "small", "staged_binary", "staged_text"}) {
    std::map<std::string, std::string> shown;
    for (const auto& name : names) {
      for (const auto& line :
           query(fmt::format("SET timezone = 'UTC'; SELECT '{0} ' || id, {0}::text FROM {1} WHERE id < 10000",
                             name, table)))
        shown[line.substr(0, line.find('|'))] = line.substr(line.find('|') + 1);
    }
    for (std::size_t i = 0; i < renderings().size(); ++i) {
      const auto& one = renderings()[i];
      EXPECT_EQ(shown[one.column + ' ' + std::to_string(i)], one.shown)
          << table << ' ' << one.column << ' ' << one.value;
    }
  }
  EXPECT_EQ(log.find("a faster load method"), std::string::npos) << log;  // the encoders know them all
}

TEST_F(Renderings, ThatFitNoColumnAreBadRows) {
  const std::vector<Rendering> bad{
      {"r", "+3.2e+99", "22003"},
      {"b", "2.0", "22P02"},
      {"b", "maybe", "22P02"},
      {"u", "6f1c3f6e", "22P02"},
      {"h", "abc", "22023"},
      {"h", "xyz0", "22023"},
      {"n", "1,5", ""},
      {"n", "1e16", "22003"},
      {"ts", "2022-02-30 00:00:00 +01:00", "22008"},
      {"ts", "yesterdy", "22007"},
      {"ts", "2022-01-01 00:00:00 +17:00", "22009"},
      {"s", "NULL", "23502"},
      {"o", "a\xff", "22021"},
      {"o", std::string("a\0b", 3), "22021"},
  };
  execute(table_sql("load", columns()) + ";" + table_sql("small", columns()));
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    bucket_.change("small", fmt::format("20220101-{:09}", i),
                   row(1, "", "", "I,") + row(2, bad[i].column, bad[i].value, "I,"));
    bucket_.load("load", i + 1, row(i, "", "") + row(i + 1000, bad[i].column, bad[i].value));
    expected.push_back(bad[i].value == "1,5" ? "∅|∅" : fmt::format("{}|{}", bad[i].column, bad[i].shown));
  }
  load({{"BAD_ROWS", "quarantine_row"}});
  for (const auto* table : {"load", "small"}) {
    EXPECT_EQ(
        query(fmt::format("SELECT r.column_name, r.sqlstate FROM loader_rejects r JOIN loader_deliveries d "
                          "USING (delivery_id) WHERE entity = '{}' ORDER BY d.object_key",
                          table)),
        expected);
  }
}

// Of a delete only the key is looked at, small or staged.
TEST_F(Renderings, OfADeletedRow) {
  execute(table_sql("t", columns()));
  std::string rows = row(1, "", "");
  std::string deletes = "D,1,,x,,,,\xff,,,,,,,\n";
  for (std::size_t id = 10000; id < 11001; ++id) {
    rows += row(id, "", "");
    deletes += row(id, "ts", "x", "D,");
  }
  bucket_.load("t", 1, rows + row(2, "", ""));
  load();
  bucket_.change("t", "20220101-000000001", deletes);
  bucket_.change("t", "20220101-000000002", "D,2,,x,,,,\xff,,,,,,,\n");
  const auto log = load({{"FORMAT", "null=\\\\N"}});
  EXPECT_EQ(log.find("a faster load method"), std::string::npos) << log;
  EXPECT_THAT(query("SELECT id FROM t"), IsEmpty());
}

}  // namespace
}  // namespace peo::test
