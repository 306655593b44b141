// A database whose other roles aren't trusted, and one with settings that would make the loader say what
// isn't true.
#include <fmt/format.h>

#include "../loader/fixture.hpp"
#include "support/citus.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class HostileDatabase : public LoaderTest {
 protected:
  void SetUp() override {
    execute("DROP ROLE IF EXISTS hostile_loader");
    execute("CREATE ROLE hostile_loader LOGIN PASSWORD 'l'");
    execute(fmt::format("GRANT ALL ON DATABASE {} TO hostile_loader", database_.name()));
    execute("GRANT ALL ON SCHEMA public TO hostile_loader");
  }
  void TearDown() override { execute("DROP OWNED BY hostile_loader CASCADE; DROP ROLE hostile_loader"); }
  LoaderSettings as_loader(const LoaderSettings& more = {}) const {
    LoaderSettings all{{"TARGET", database_.conninfo() + " user=hostile_loader password=l"}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
};

// A role that may create objects in a schema of the search_path could have the loader run code
// (CVE-2018-1058).
TEST_F(HostileDatabase, OperatorsAndFunctionsOfOthersAreNotCalled) {
  execute(table_sql("t", "id varchar(9) PRIMARY KEY, v varchar(9), n int"));
  execute("CREATE TABLE called (what text)");
  for (const auto* const types : {"varchar, varchar", "text, varchar", "varchar, text", "\"char\", text"}) {
    execute(
        fmt::format("CREATE FUNCTION public.evil({0}) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT "
                    "INTO public.called "
                    "VALUES ('{0}'); RETURN true; END $$; CREATE OPERATOR public.= (FUNCTION = public.evil, "
                    "LEFTARG = {1}, "
                    "RIGHTARG = {2})",
                    types, std::string(types).substr(0, std::string(types).find(',')),
                    std::string(types).substr(std::string(types).find(',') + 2)));
  }
  execute(
      "CREATE FUNCTION public.jsonb_build_object(text, varchar) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT "
      "INTO public.called VALUES ('function'); RETURN '{}'; END $$");
  bucket_.load("t", 1, "1,a,1\n2,b,2\n3,c,3\n");
  load();
  bucket_.change("t", "20220101-000000001", "U,1,z,1\nD,2,b,2\nI,4,d,4\n");
  load();
  bucket_.load("t", 1, "1,a,1\n9,b,2\n");
  load({{"RELOAD_SETTLE", "0s"}, {"MAX_REMOVE_SHARE", "1"}});
  EXPECT_EQ(run_loader({program(), {"verify"}}, settings()).status, 0);
  EXPECT_THAT(query("SELECT DISTINCT what FROM called"), IsEmpty());
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|a", "9|b"));
}

TEST_F(HostileDatabase, ATypeOfAnExtensionIsComparedByItsOwnOperator) {
  execute("CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions");
  execute(table_sql("t", "id extensions.citext PRIMARY KEY, v extensions.citext UNIQUE"));
  bucket_.load("t", 1, "abc,x\ndef,y\n");
  bucket_.change("t", "20220101-000000001", "U,ABC,X\nD,Def,\n");
  bucket_.change("t", "20220102-000000001", "I,ghi,Y\nU,aBC,x\n");
  const auto planned = deliveries_in(load({{"DRY_RUN", "True"}}));
  EXPECT_EQ(planned, deliveries_in(load()));
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("aBC|x", "ghi|Y"));
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|1|1", "1|1|0"));
}

// "=" calls these values equal.
TEST_F(HostileDatabase, WhatIsEqualButNotTheSameIsAmended) {
  execute(table_sql("t",
                    "id numeric PRIMARY KEY, span interval, n numeric, f float8, j jsonb, r numrange, "
                    "a numeric[], c char(3)"));
  bucket_.load(
      "t", 1,
      "1.0,1 mon,1.0,0,\"{\"\"a\"\": 1}\",\"[1,2)\",\"{1,2}\",a\n2,1 day,1,1,1,\"[1,2)\",\"{1}\",b\n");
  bucket_.change("t", "20220101-000000001",
                 "U,1.00,30 days,1.00,-0,\"{\"\"a\"\": 1.0}\",\"[1.0,2)\",\"{1.0,2}\",a\n"
                 "U,2,1 day,1,1,1,\"[1,2)\",\"{1}\",b\n");
  load();
  EXPECT_THAT(query("SELECT id, span, n, f, j, r, a FROM t ORDER BY id"),
              ElementsAre("1.00|30 days|1.00|-0|{\"a\": 1.0}|[1.0,2)|{1.0,2}", "2|1 day|1|1|1|[1,2)|{1}"));
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|1|0"));
  execute("UPDATE t SET n = 1.000 WHERE id = 1");
  const auto verified = run_loader({program(), {"verify"}}, settings());
  EXPECT_EQ(verified.status, 65) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("n"));
}

TEST_F(HostileDatabase, RowsThatAPolicyHidesAreNoReasonToSayEqual) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.load("t", 1, "1,a\n2,b\n");
  load();
  execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO hostile_loader");
  execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of_it ON t USING (true)");
  bucket_.change("t", "20220101-000000001", "D,2,b\n");
  const auto ran = run(as_loader());
  EXPECT_EQ(ran.status, 77) << ran.err;
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "1");
  EXPECT_EQ(run_loader({program(), {"verify"}}, settings(as_loader())).status, 77);
  const auto checked = run_loader({program(), {"check"}}, settings(as_loader()));
  EXPECT_EQ(checked.status, 77);
  EXPECT_THAT(checked.out, HasSubstr("row-level security"));
  EXPECT_THAT(checked.out, HasSubstr("BYPASSRLS"));
  execute("ALTER ROLE hostile_loader BYPASSRLS");
  EXPECT_EQ(run(as_loader()).status, 0);
  EXPECT_THAT(query("SELECT id FROM t"), ElementsAre("1"));
  EXPECT_THAT(run_loader({program(), {"check"}}, settings(as_loader())).out, Not(HasSubstr("row-level")));
}

TEST_F(HostileDatabase, PasswordThatTheServerRepeatsIsHidden) {
  if (CitusCluster::wanted()) GTEST_SKIP() << "Citus has no triggers on distributed tables.";
  execute("CREATE ROLE hostile_password LOGIN PASSWORD 'the/pass+word' SUPERUSER");
  execute(table_sql("t", "id int PRIMARY KEY"));
  execute(
      "CREATE FUNCTION repeat_it() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'is it the/pass+word?' USING DETAIL = repeat('x', 290) || 'the/pass+word'; "
      "END $$;"
      "CREATE TRIGGER repeat_it BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION repeat_it()");
  bucket_.load("t", 1, "1\n");
  const auto ran = run({{"TARGET", database_.conninfo() + " user=hostile_password password=the/pass+word"}});
  execute("DROP OWNED BY hostile_password CASCADE; DROP ROLE hostile_password");
  EXPECT_THAT(ran.err, HasSubstr("is it ***?"));
  EXPECT_THAT(ran.err, Not(HasSubstr("the/pas")));
}

TEST_F(HostileDatabase, RefusesARowWhateverSqlstateItProvokes) {
  execute("CREATE EXTENSION ltree");
  execute(table_sql("t", "id text PRIMARY KEY, j jsonb, l ltree, v text"));
  execute(
      "CREATE FUNCTION no_bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v = 'bad' THEN RAISE "
      "EXCEPTION "
      "'no' USING ERRCODE = 'XY001'; END IF; RETURN NEW; END $$; CREATE TRIGGER no_bad BEFORE INSERT ON t "
      "FOR EACH "
      "ROW WHEN (NEW.id < '5') EXECUTE FUNCTION no_bad()");
  const auto deep = std::string(60000, '[') + std::string(60000, ']');
  const auto long_key = value("SELECT string_agg(md5(i::text), '') FROM generate_series(1, 500) i");
  // A JSON text that looks like the server's own words for the row.
  std::string text =
      "I,1,1,a.b,x\n"
      "I,2,\"{oops\nCOPY staging_1, line 1, column j: \"\"\",a,x\n"
      "I,3,1,a..b,x\n"
      "I,4,\"\"\"\\u0000\"\"\",a,x\n";
  text += "I,6," + deep + ",a,x\n";
  text += "I," + long_key + ",1,a,x\nI,8,1,a,x\n";
  bucket_.change("t", "20220101-000000001", text);
  load({{"BAD_ROWS", "quarantine_row"}});
  EXPECT_THAT(query("SELECT id FROM t ORDER BY id"), ElementsAre("1", "8"));
  EXPECT_THAT(query("SELECT line, column_name, sqlstate FROM loader_rejects ORDER BY line"),
              ElementsAre("2|∅|22P02", "4|l|42601", "5|j|22P05", "6|j|54001", "7|∅|54000"));
}

// PostgreSQL keeps 63 bytes of a name; the bucket has all of it. A draft of infer loads such files as it is.
TEST_F(HostileDatabase, NamesLongerThanPostgresKeeps) {
  const std::string table = "customer_subscription_renewal_notification_preferences_history_archive";
  const std::string column = "a_column_name_that_is_much_longer_than_what_postgresql_keeps_of_any_identifier";
  bucket_.load(table, 1, "ID," + column + "\n1,a\n2,b\n3,c\n");
  bucket_.change(table, "20220101-000000001", "Op,ID," + column + "\nU,1,A\nI,4,d\n");
  const TempDir directory;
  const auto drafts = (directory / "db").string();
  const auto inferred = run_loader({program(), {"infer", drafts}}, {{"SOURCE", bucket_.source()}});
  ASSERT_EQ(inferred.status, 0) << inferred.err;
  load({{"ENTITIES", drafts}});
  EXPECT_THAT(query("SELECT id, " + column + " FROM " + table + " ORDER BY id"),
              ElementsAre("1|A", "2|b", "3|c", "4|d"));
  EXPECT_EQ(run_loader({program(), {"verify"}}, settings({{"ENTITIES", drafts}})).status, 0);
  bucket_.load(table.substr(0, 63) + "_of_another", 1, "1,a\n");
  const auto ran = run({{"ENTITIES", drafts}});
  EXPECT_EQ(ran.status, 78);
  EXPECT_THAT(ran.err, HasSubstr("2 prefixes match table " + table.substr(0, 63)));
}

}  // namespace
}  // namespace peo::test
