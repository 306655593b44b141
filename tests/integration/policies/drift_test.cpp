// SCHEMA_DRIFT: columns that a file carries and its table hasn't are refused, left out, or added; the same on
// every way into the table, and as a dry run predicts.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "../loader/fixture.hpp"
#include "support/http_get.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Drift : public LoaderTest {
 protected:
  void SetUp() override { execute(table_sql("t", "id int PRIMARY KEY, v text")); }

  // In a dry run first, which changes nothing and predicts the same.
  std::string load_as_predicted(const LoaderSettings& more) {
    const auto before = dumped();
    LoaderSettings dry = more;
    dry["DRY_RUN"] = "True";
    const auto predicted = load(dry);
    EXPECT_EQ(dumped(), before);
    auto done = load(more);
    EXPECT_EQ(deliveries_in(predicted), deliveries_in(done));
    return done;
  }
  std::string columns() {
    return value(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' "
        "not "
        "null' ELSE '' END, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND "
        "attnum > 0 "
        "AND NOT attisdropped AND attname NOT IN ('event_id', 'delivery_id')");
  }
  std::vector<std::string> notes() { return query("SELECT id, v, note FROM t ORDER BY id"); }
  std::vector<std::string> reasons() {
    return query("SELECT status, reason FROM loader_deliveries ORDER BY delivery_id");
  }

  const LoaderSettings ignore_{{"SCHEMA_DRIFT", "ignore"}}, add_{{"SCHEMA_DRIFT", "add"}};
  const std::string as_it_was_ = "id integer not null, v text";
  const std::string with_note_ = "id integer not null, v text, note text";
};

TEST_F(Drift, StopsUnlessToldOtherwise) {
  bucket_.change("t", "20220101-000000001", "Op,id,v,note\nI,1,a,n\n");
  auto ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"),
              ElementsAre(AllOf(HasSubstr("the file has a column that table t lacks: note"),
                                HasSubstr("timestamp_name"), HasSubstr("SCHEMA_DRIFT"))));
  bucket_.change("t", "20220101-000000001", "I,1,a,n\n");
  ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("Op, 2 columns (3 fields)"));
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "0");
  EXPECT_EQ(columns(), as_it_was_);
  // As any other file that can't be loaded.
  load({{"BAD_ROWS", "quarantine_delivery"}});
  EXPECT_THAT(query("SELECT status FROM loader_deliveries"), ElementsAre("quarantined"));
}

TEST_F(Drift, IgnoreLeavesOutAndSaysSoOnce) {
  bucket_.load("t", 1, "id,v,note\n1,a,n\n2,b,n\n");
  bucket_.change("t", "20220101-000000001", "Op,v,note,id\nU,A,m,1\n");
  bucket_.change("t", "20220101-000000002", "Op,v,note,id\nU,B,m,2\n");
  const auto log = load_as_predicted(ignore_);
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|A", "2|B"));
  EXPECT_EQ(columns(), as_it_was_);
  EXPECT_THAT(texts_of(log, "WARNING"), ElementsAre(AllOf(HasSubstr("t: "), HasSubstr("left out: note"))));
  EXPECT_THAT(reasons(),
              ElementsAre("loaded|left out: note", "loaded|left out: note", "loaded|left out: note"));
  // What the table has no column for can't be compared, whatever the policy is by now.
  for (const auto& policy : {ignore_, add_})
    EXPECT_EQ(run_loader({program(), {"verify"}}, settings(policy)).status, 0);
}

// Without a header new fields stand at the end; where what stands before them is sure, they are left out.
TEST_F(Drift, IgnoreWithoutAHeader) {
  bucket_.change("t", "20220101-000000001", "I,1,a,n\nU,1,b,n\n");
  auto log = load_as_predicted(ignore_);
  EXPECT_THAT(query("SELECT id, v FROM t"), ElementsAre("1|b"));
  EXPECT_THAT(reasons(), ElementsAre("loaded|left out: 1 field at the end of its rows"));
  // DMS's timestamp and no new column, or a column and a new one?
  execute("DROP TABLE t; " + table_sql("t", "at timestamp PRIMARY KEY, v text"));
  bucket_.change("t", "20220101-000000002", "I,2022-01-01 00:00:00,2022-01-01 00:00:01,a\n");
  const auto ran = run(ignore_);
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("is ambiguous"), HasSubstr("Op, a timestamp, 2 columns"),
                             HasSubstr("Op, 2 columns (3 fields), and 1 new")));
  load({{"SCHEMA_DRIFT", "ignore"}, {"FORMAT", "timestamp=never"}});
  EXPECT_THAT(query("SELECT at, v FROM t"), ElementsAre("2022-01-01 00:00:00|2022-01-01 00:00:01"));
}

TEST_F(Drift, AddOnEveryWay) {
  bucket_.load("t", 1, "id,v,note\n1,a,n1\n2,b,\n");  // into the empty table, without its indexes
  bucket_.load("t", 2, "id,v,more\n3,c,m3\n");
  bucket_.change("t", "20220101-000000001", "Op,id,v\nU,1,A\n");
  bucket_.change("t", "20220101-000000002", "Op,MORE,id,v,Last One\nU,m1,1,A,l1\n");  // a small file
  bucket_.change("t", "20220101-000000003", "Op,id,v,last one\nI,4,d,l4\n");
  const auto log = load_as_predicted(add_);
  EXPECT_EQ(columns(), with_note_ + ", more text, last one text");
  EXPECT_THAT(query("SELECT id, v, note, more, \"last one\" FROM t ORDER BY id"),
              ElementsAre("1|A|n1|m1|l1", "2|b|∅|∅|∅", "3|c|∅|m3|∅", "4|d|∅|∅|l4"));
  EXPECT_THAT(log, HasSubstr("columns added to t, nullable (SCHEMA_DRIFT=add): note text"));
  EXPECT_THAT(reasons(), ElementsAre("loaded|the column note text added to the table",
                                     "loaded|the column more text added to the table", "loaded|∅",
                                     "loaded|the column last one text added to the table", "loaded|∅"));
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass"), "1");
  EXPECT_THAT(deliveries_in(load(add_)), IsEmpty());
  EXPECT_EQ(run_loader({program(), {"verify"}}, settings(add_)).status, 0);
}

// Types that later values surely fit; on each way into the table, with a first value that tells less than the
// rest.
TEST_F(Drift, TypesAreThoseOfTheValues) {
  const std::string header = ",n,amount,ratio,at,flag,code,mixed,big\n";
  const std::string row = ",-5,10.50,+3.25e-01,2024-02-29 10:00:00.123456,true,007,1,12345678901234567890\n";
  const std::string other = ",123456789012345678,,-1.0e+02,2024-01-01,FALSE,1x,a,1.5\n";
  const std::string types =
      ", n text, amount numeric, ratio numeric, at timestamp without time zone, flag boolean, code text, "
      "mixed text, "
      "big numeric";
  std::string many = "id,v" + header;
  for (int i = 1; i <= 30000; ++i) many += fmt::format("{},v{}", i, row);
  const LoaderSettings how{{"SCHEMA_DRIFT", "add"}, {"FORMAT", "header=yes"}};
  const auto expect_types = [&](const std::string& of_way) {
    SCOPED_TRACE(of_way);
    load_as_predicted(how);
    EXPECT_EQ(columns(), as_it_was_ + types);
    EXPECT_EQ(run_loader({program(), {"verify"}}, settings(how)).status, 0);
    execute("DROP TABLE t; TRUNCATE loader_deliveries, loader_added_columns; " +
            table_sql("t", "id int PRIMARY KEY, v text"));
  };
  bucket_.load("t", 1, many + "30001,w" + other);
  expect_types("a first full load, whose last row changes types");
  bucket_.change("t", "20220101-000000001",
                 "Op,id,v" + header + "I,1,a" + row + "U,1,a" + other + "D,2,a,x,x,x,x,x,x,x,x\n");
  bucket_.remove("dbo/t/LOAD00000001.csv.gz");
  expect_types("a small file");
  std::string changes = "Op,id,v" + header;
  for (int i = 1; i <= 3000; ++i) changes += fmt::format("U,{},b{}", i, i == 2999 ? other : row);
  bucket_.change("t", "20220101-000000001", changes);
  expect_types("a larger file");
}

TEST_F(Drift, AValueThatTheTypeRefusesNamesTheAlter) {
  bucket_.change("t", "20220101-000000001", "Op,id,v,Qty\nI,1,a,7.5\n");
  load(add_);
  bucket_.change("t", "20220101-000000002", "Op,id,v,Qty\nI,2,b,n/a\n");
  const auto ran = run(add_);
  EXPECT_EQ(ran.status, 65);
  const std::string alter = R"(ALTER TABLE "public"."t" ALTER COLUMN "qty" TYPE text;)";
  EXPECT_THAT(ran.err, HasSubstr(alter));
  EXPECT_THAT(value("SELECT hint FROM loader_holds"), HasSubstr(alter));
  execute(alter);
  load(add_);
  EXPECT_THAT(query("SELECT id, qty FROM t ORDER BY id"), ElementsAre("1|7.5", "2|n/a"));
}

// Said once, and again when it has come and gone; a late file says nothing of it.
TEST_F(Drift, AColumnThatDisappears) {
  execute("ALTER TABLE t ADD COLUMN note text; COMMENT ON COLUMN t.note IS 'Source column: Note.'");
  const auto change = [&](int number, const std::string& rows) {
    bucket_.change("t", fmt::format("20220101-00000000{}", number), rows);
  };
  change(1, "Op,id,v,Note\nI,1,a,n\n");
  change(3, "Op,id,v\nU,1,b\n");
  change(4, "Op,v,id\nU,c,1\n");
  change(5, "Op,id,v,Note\nU,1,d,m\n");
  change(6, "Op,id,v\nI,2,e\n");
  auto log = load();
  const auto gone = [](const std::string& key) {
    return AllOf(HasSubstr("t: its files no longer have the column note (Note in the files)"),
                 HasSubstr(key));
  };
  EXPECT_THAT(texts_of(log, "WARNING"), ElementsAre(gone("000000003.csv"), gone("000000006.csv")));
  EXPECT_THAT(log, HasSubstr("t: its files again have the column note (Note in the files), starting with "
                             "dbo/t/20220101-000000005"));
  EXPECT_THAT(notes(), ElementsAre("1|d|m", "2|e|∅"));
  change(2, "Op,id,v,Note\nI,3,late,n\n");
  change(7, "Op,id,v\nI,4,e\n");
  log = load();
  EXPECT_THAT(texts_of(log, "WARNING"), Not(Contains(HasSubstr("no longer"))));
  EXPECT_THAT(log, HasSubstr("t: its files lack the column note"));
}

TEST_F(Drift, AFileWithoutTheColumnKeepsItsValues) {
  bucket_.change("t", "20220101-000000001", "Op,id,v,note\nI,1,a,kept\nI,2,b,kept\n");
  load(add_);
  std::string many = "Op,id,v\n";
  for (int i = 1; i <= 3000; ++i) many += fmt::format("U,{},new\n", i);
  bucket_.change("t", "20220101-000000002", "Op,id,v\nU,1,new\n");
  bucket_.change("t", "20220101-000000003", many);
  load_as_predicted(add_);
  EXPECT_EQ(value("SELECT string_agg(note, ',') FROM t WHERE v = 'new'"), "kept,kept");
  // A late one, and a whole full load of before the change.
  bucket_.change("t", "20220101-000000000", "Op,id,v\nU,1,late\nI,9999,late\n");
  bucket_.load("t", 1, "id,v\n1,full\n2,full\n");
  load_as_predicted(add_);
  EXPECT_EQ(value("SELECT string_agg(note, ',') FROM t"), "kept,kept");
}

TEST_F(Drift, AddInALargerFileAndInAReload) {
  bucket_.load("t", 1, "id,v\n1,a\n2,b\n");
  std::string many = "Op,id,v,note\n";
  for (int i = 1; i <= 3000; ++i) many += fmt::format("U,{},b,n{}\n", i, i);
  bucket_.change("t", "20220101-000000001", many);
  load_as_predicted(add_);
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE note = 'n' || id"), "3000");
  bucket_.load("t", 1, "id,v,note,extra\n1,a,x,e\n7,a,n7,\n");
  load_as_predicted({{"SCHEMA_DRIFT", "add"}, {"RELOAD_SETTLE", "0"}, {"MAX_REMOVE_SHARE", "1"}});
  EXPECT_THAT(query("SELECT id, v, note, extra FROM t ORDER BY id"), ElementsAre("1|a|x|e", "7|a|n7|∅"));
}

TEST_F(Drift, OverSeveralConnections) {
  std::string big = "id,v,note\n";
  const std::string wide(100, 'x');
  for (int i = 1; i <= 60000; ++i) big += fmt::format("{},{}{},n\n", i, wide, i * 7919 % 60013);
  bucket_.put("dbo/t/LOAD00000001.csv", big);
  const auto log = load({{"SCHEMA_DRIFT", "add"}, {"FULL_LOAD_CONNECTIONS", "3"}});
  EXPECT_THAT(
      log, AllOf(HasSubstr("over 3 connections"), HasSubstr("a faster load method can't be used: t is to get "
                                                            "the column note")));
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE note = 'n'"), "60000");
  EXPECT_EQ(value("SELECT count(*) FROM loader_full_loads"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid"), "1");
}

TEST_F(Drift, InOneFileOfAFullLoad) {
  bucket_.load("t", 1, "id,v\n1,a\n");
  bucket_.load("t", 2, "id,v,note\n2,b,n\n");
  bucket_.load("t", 3, "id,v\n3,c\n");
  load({{"SCHEMA_DRIFT", "add"}});
  EXPECT_THAT(notes(), ElementsAre("1|a|∅", "2|b|n", "3|c|∅"));
  EXPECT_EQ(value("SELECT count(*) FROM loader_full_loads"), "0");
}

TEST_F(Drift, AFailedDeliveryLeavesNoColumn) {
  bucket_.change("t", "20220101-000000001", "Op,id,v,note\nI,1,a,n\nI,x,a,n\n");
  const auto before = dumped();
  auto ran = run(add_);
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("line 3 column id"));
  EXPECT_EQ(columns(), as_it_was_);
  // Quarantined as a whole, or the row alone.
  bucket_.change("t", "20220101-000000002", "Op,id,v\nI,2,b\n");
  load_as_predicted({{"SCHEMA_DRIFT", "add"}, {"BAD_ROWS", "quarantine_delivery"}});
  EXPECT_EQ(columns(), as_it_was_);
  bucket_.change("t", "20220101-000000003", "Op,id,v,note\nI,3,c,n\nI,y,a,n\n");
  load_as_predicted({{"SCHEMA_DRIFT", "add"}, {"BAD_ROWS", "quarantine_row"}});
  EXPECT_EQ(columns(), with_note_);
  EXPECT_THAT(notes(), ElementsAre("2|b|∅", "3|c|n"));
  EXPECT_EQ(value("SELECT count(*) FROM loader_rejects"), "1");
}

TEST_F(Drift, WithoutANameNothingIsAdded) {
  bucket_.change("t", "20220101-000000001", "I,1,a,n\n");
  const auto ran = run(add_);
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("without a header"), HasSubstr("add it to the table yourself")));
}

TEST_F(Drift, WhatIsNoNewColumnIsNotAdded) {
  const auto refused = [&](const std::string& text, const LoaderSettings& more = {}) {
    bucket_.change("t", "20220101-000000001", text);
    LoaderSettings all = add_;
    for (const auto& [name, value] : more) all[name] = value;
    const auto planned = run_loader({program(), {"plan"}}, settings(all));
    EXPECT_EQ(planned.status, 65) << planned.err;
    const auto ran = run(all);
    EXPECT_EQ(ran.status, 65) << ran.err;
    EXPECT_EQ(columns(), as_it_was_);
    return ran.err;
  };
  EXPECT_THAT(refused("Op,at,id,v\nI,2022-01-01 00:00:00,1,a\n"),
              AllOf(HasSubstr("may be DMS's timestamp"), HasSubstr("FORMAT=timestamp_name=at")));
  EXPECT_THAT(refused("Op,id,v,event_id\nI,1,a,7\n"), HasSubstr("reserved"));
  EXPECT_THAT(refused("Op,id,v,xmin\nI,1,a,7\n"), HasSubstr("reserved"));
  EXPECT_THAT(refused("Op,id,v,note,NOTE\nI,1,a,n,n\n"),
              HasSubstr("note and NOTE, which are both column note"));
  EXPECT_THAT(refused("Op,id,v,\nI,1,a,n\n"), HasSubstr("has no name"));
  // Left out by name, and before-images of a column that is new too.
  bucket_.change("t", "20220101-000000001", "Op,id,v,audit,note,BI_note\nU,1,a,x,n,o\n");
  load_as_predicted({{"SCHEMA_DRIFT", "add"}, {"COLUMNS", "Op,*,-audit"}});
  EXPECT_EQ(columns(), with_note_);
  EXPECT_THAT(notes(), ElementsAre("1|a|n"));
}

TEST_F(Drift, NamesAreQuoted) {
  bucket_.change("t", "20220101-000000001", "Op,id,v,\"a\"\"; DROP TABLE t; --\"\nI,1,a,n\n");
  load_as_predicted(add_);
  EXPECT_EQ(
      value("SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass ORDER BY attnum DESC LIMIT 1"),
      "a\"; drop table t; --");
}

// Also those that statements and temporary tables of the loader use.
TEST_F(Drift, AnyNameIsAdded) {
  const std::vector<std::string> names{"loader row",
                                       "loader op",
                                       "Loader: row",
                                       "Loader: unlogged",
                                       "loader key",
                                       "come",
                                       "moved_here",
                                       "last",
                                       "t",
                                       "excluded",
                                       "gone",
                                       "key",
                                       "number",
                                       "life",
                                       "k0",
                                       "oid",
                                       "loader number",
                                       "raw",
                                       "is_new",
                                       "staging"};
  std::string header = "Op,id,v", row;
  for (const auto& name : names) header += ",\"" + name + "\"";
  header += ",BI_id\n";
  for (std::size_t i = 0; i < names.size(); ++i) row += ",x";
  bucket_.load("t", 1, "id,v\n1,a\n2,b\n");
  std::string many = header;
  for (int i = 1; i <= 3000; ++i) many += fmt::format("U,{},c{},\n", i, row);
  bucket_.change("t", "20220101-000000001", header + "U,1,b" + row + ",\n");
  bucket_.change("t", "20220101-000000002", many);
  bucket_.change("t", "20220101-000000003", header + "U,2,b" + row + ",1\nU,1,a" + row + ",2\n");
  bucket_.change("t", "20220101-000000005", header + "U,3,~" + row + ",\n");
  const LoaderSettings how{{"SCHEMA_DRIFT", "add"}, {"FORMAT", "header=yes timestamp=never no_sup_value=~"}};
  load_as_predicted(how);
  bucket_.change("t", "20220101-000000004", header + "U,3,late" + row + ",\nU,4,late" + row + ",\n");
  load_as_predicted(how);
  EXPECT_EQ(run_loader({program(), {"verify"}}, settings(how)).status, 0);
  EXPECT_THAT(query("SELECT id, v, \"loader row\", come FROM t WHERE id < 5 ORDER BY id"),
              ElementsAre("1|a|x|x", "2|b|x|x", "3|late|x|x", "4|late|x|x"));
}

// Without a header, files from before a column was added have no field for it.
TEST_F(Drift, OlderFilesWithoutAHeader) {
  bucket_.load("t", 1, "1,a\n2,b\n");
  bucket_.change("t", "20220101-000000001", "U,1,A\n");
  bucket_.change("t", "20220101-000000003", "Op,id,v,note\nU,2,B,n\n");
  bucket_.change("t", "20220101-000000004", "U,2,B,m\n");
  load_as_predicted(add_);
  const auto verified = [&] { return run_loader({program(), {"verify"}}, settings(add_)); };
  auto ran = verified();
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(query("SELECT entity, column_name, delivery_id FROM loader_added_columns"),
              ElementsAre("t|note|3"));
  // Loaded again as it was, and late ones of both widths.
  EXPECT_EQ(run_loader({program(), {"replay", "dbo/t/20220101-000000001.csv.gz"}}, settings(add_)).status, 0);
  const LoaderSettings with_op{{"SCHEMA_DRIFT", "add"}, {"FORMAT", "op=changes"}};
  bucket_.change("t", "20220101-000000002", "I,3,late\n");
  load_as_predicted(with_op);
  bucket_.change("t", "20220101-000000000", "I,4,late,n\n");
  load_as_predicted(with_op);
  EXPECT_THAT(notes(), ElementsAre("1|A|∅", "2|B|m", "3|late|∅", "4|late|n"));
  ran = run_loader({program(), {"verify"}}, settings(with_op));
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

TEST_F(Drift, WhoDoesNotOwnTheTable) {
  const auto role = "drift_" + database_.name();
  execute("CREATE ROLE " + role + " LOGIN PASSWORD 'theirs'; GRANT ALL ON SCHEMA public TO " + role +
          "; GRANT ALL ON t TO " + role);
  bucket_.change("t", "20220101-000000001", "Op,id,v,note\nI,1,a,n\n");
  const LoaderSettings theirs{{"SCHEMA_DRIFT", "add"},
                              {"TARGET", database_.conninfo() + " password=theirs user=" + role}};
  EXPECT_EQ(run_loader({program(), {"plan"}}, settings(theirs)).status, 77);
  const auto ran = run(theirs);
  EXPECT_EQ(ran.status, 77);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("doesn't own it"), HasSubstr("Let its owner add the column")));
  EXPECT_EQ(columns(), as_it_was_);
  execute("ALTER TABLE t OWNER TO " + role);
  load(theirs);
  EXPECT_THAT(notes(), ElementsAre("1|a|n"));
  execute("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

// A reader that doesn't let go of the table is waited for, and tried again; a view stays as it is.
TEST_F(Drift, AReaderHoldsTheTable) {
  execute("CREATE VIEW all_of_t AS SELECT * FROM t");
  bucket_.change("t", "20220101-000000001", "Op,id,v,note\nI,1,a,n\n");
  Database reader(database_.conninfo());
  reader.execute("BEGIN; SELECT * FROM t");
  RunningLoader loader(loader_command, settings({{"SCHEMA_DRIFT", "add"}, {"RETRY_SECONDS", "120"}}));
  ASSERT_TRUE(loader.says("another session has locked the table")) << loader.log();
  EXPECT_EQ(reader.value("SELECT count(*) FROM t"), "0");
  reader.execute("COMMIT");
  EXPECT_EQ(loader.process().wait(), 0) << loader.log();
  EXPECT_THAT(notes(), ElementsAre("1|a|n"));
  EXPECT_THAT(query("SELECT * FROM all_of_t"), ElementsAre(HasSubstr("1|a|")));
}

// Somebody adds the column while a service runs that has read the table without it.
TEST_F(Drift, SomebodyElseAddsItMeanwhile) {
  RunningLoader loader(loader_command, settings({{"SCHEMA_DRIFT", "add"},
                                                 {"RUN_AS_SERVICE", "True"},
                                                 {"MIN_SLEEP", "50ms"},
                                                 {"MAX_SLEEP", "100ms"}}));
  bucket_.change("t", "20220101-000000001", "Op,id,v\nI,1,a\n");
  ASSERT_TRUE(loader.says("Delivery 1: processed")) << loader.log();
  execute("ALTER TABLE t ADD COLUMN note varchar(10)");
  bucket_.change("t", "20220101-000000002", "Op,id,v,note\nI,2,b,n\n");
  ASSERT_TRUE(loader.says("Delivery 2: processed")) << loader.log();
  EXPECT_EQ(loader.stop(SIGTERM), 0);
  EXPECT_THAT(notes(), ElementsAre("1|a|∅", "2|b|n"));
  EXPECT_THAT(columns(), HasSubstr("character varying(10)"));
}

TEST_F(Drift, PlanAndMetricsTell) {
  bucket_.change("t", "20220101-000000001", "Op,id,v,note\nI,1,a,n\n");
  const auto plan = run_loader({program(), {"plan", "--json"}}, settings(add_));
  EXPECT_EQ(nlohmann::json::parse(plan.out)["files"][0]["added_columns"], nlohmann::json({"note"}));
  EXPECT_THAT(run_loader({program(), {"plan"}}, settings(add_)).out,
              HasSubstr("t gets the column note (text) with"));
  EXPECT_EQ(columns(), as_it_was_);
  const auto counted = [&](const LoaderSettings& policy, const std::string& delivery) {
    const auto port = free_port();
    LoaderSettings all = policy;
    all["METRICS_ADDRESS"] = std::to_string(port);
    all["RUN_AS_SERVICE"] = "True";
    RunningLoader loader(loader_command, settings(all));
    EXPECT_TRUE(loader.says(delivery + ": processed")) << loader.log();
    auto page = http_get(fmt::format("http://127.0.0.1:{}/metrics", port)).body;
    EXPECT_EQ(loader.stop(SIGTERM), 0);
    return page;
  };
  EXPECT_THAT(counted(add_, "Delivery 1"),
              HasSubstr("paper_engine_orders_policies_total{entity=\"t\",policy=\"columns_added\"} 1"));
  bucket_.change("t", "20220101-000000002", "Op,id,v,more\nI,2,b,m\n");
  EXPECT_THAT(counted(ignore_, "Delivery 2"),
              HasSubstr("paper_engine_orders_policies_total{entity=\"t\",policy=\"columns_ignored\"} 1"));
}

}  // namespace
}  // namespace peo::test
