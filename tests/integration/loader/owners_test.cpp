// Whose tables are loaded: those of owners whom the loader trusts. A stranger's, with the loader's columns
// and perhaps triggers, is held, and the others go on.
#include <fmt/format.h>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Owners : public LoaderTest {
 protected:
  void SetUp() override {
    stranger_ = database_.name() + "_stranger";
    loader_ = database_.name() + "_loader";
    execute(fmt::format(
        "CREATE ROLE {0} LOGIN; CREATE ROLE {1} LOGIN PASSWORD 'right'; GRANT CREATE, USAGE ON SCHEMA "
        "public TO {0}, {1}; "
        "GRANT TEMPORARY ON DATABASE {2} TO {1}",
        stranger_, loader_, database_.name()));
    execute(as(loader_, table_sql("mine", "id int PRIMARY KEY, v text")));
    bucket_.load("mine", 1, "1,a\n");
    bucket_.load("theirs", 1, "1,b\n");
  }
  void TearDown() override {
    execute(fmt::format("DROP OWNED BY {0}, {1}; DROP ROLE {0}; DROP ROLE {1}", stranger_, loader_));
  }

  static std::string as(const std::string& role, const std::string& sql) {
    return fmt::format("SET ROLE {}; {}; RESET ROLE", role, sql);
  }
  LoaderSettings by_loader() const {
    return {{"TARGET", database_.conninfo() + " password=right user=" + loader_}};
  }
  void make_theirs() const {
    execute(
        as(stranger_, table_sql("theirs", "id int PRIMARY KEY, v text") +
                          fmt::format("; GRANT SELECT, INSERT, UPDATE, DELETE ON theirs TO {}", loader_)));
  }

  std::string stranger_, loader_;
};

TEST_F(Owners, AStrangersTableIsHeld) {
  make_theirs();
  for (const auto& settings : {by_loader(), LoaderSettings{}}) {  // and by a superuser, who may do anything
    const auto ran = run(settings);
    EXPECT_EQ(ran.status, 78) << ran.err;
    const auto errors = texts_of(ran.err, "ERROR");
    ASSERT_THAT(errors, SizeIs(1)) << ran.err;
    EXPECT_THAT(errors[0], AllOf(HasSubstr("\"theirs\" is owned by " + stranger_), HasSubstr("OWNER TO"),
                                 HasSubstr("GRANT " + stranger_ + " TO")));
    EXPECT_THAT(query("SELECT v FROM mine"), ElementsAre("a"));
    EXPECT_THAT(query("SELECT v FROM theirs"), IsEmpty());
  }
  const auto checked = run_loader({program(), {"check"}}, settings(by_loader()));
  EXPECT_EQ(checked.status, 78);
  EXPECT_THAT(checked.out, HasSubstr("\"theirs\" is owned by " + stranger_));
  const auto planned = run_loader({program(), {"plan"}}, settings(by_loader()));
  EXPECT_EQ(planned.status, 78) << planned.out << planned.err;
}

TEST_F(Owners, WhatHelpsIsWhatTheErrorSays) {
  make_theirs();
  EXPECT_EQ(run(by_loader()).status, 78);
  execute(fmt::format("GRANT {} TO {}", stranger_, loader_));
  load(by_loader());
  EXPECT_THAT(query("SELECT v FROM theirs"), ElementsAre("b"));
}

TEST_F(Owners, OneThatWasLoadedBeforeGoesOn) {
  execute(as(loader_, table_sql("theirs", "id int PRIMARY KEY, v text")));
  load(by_loader());
  execute(fmt::format("ALTER TABLE theirs OWNER TO {}; GRANT SELECT, INSERT, UPDATE, DELETE ON theirs TO {}",
                      stranger_, loader_));
  bucket_.change("theirs", "20220101-000000001", "I,2,c\n");
  const auto log = load(by_loader());
  EXPECT_THAT(query("SELECT v FROM theirs ORDER BY id"), ElementsAre("b", "c"));
  EXPECT_THAT(texts_of(log, "WARNING"), ElementsAre(HasSubstr("is owned by " + stranger_)));
}

// A stranger's table of the same name but for case takes no files over, and stops none.
TEST_F(Owners, AStrangersTableOfTheSameName) {
  execute(
      as(stranger_, table_sql("\"Mine\"", "id int PRIMARY KEY, v text") +
                        fmt::format("; GRANT SELECT, INSERT, UPDATE, DELETE ON \"Mine\" TO {}", loader_)));
  const auto log = load(by_loader());
  EXPECT_THAT(query("SELECT v FROM mine"), ElementsAre("a"));
  EXPECT_THAT(query("SELECT v FROM \"Mine\""), IsEmpty());
  EXPECT_THAT(texts_of(log, "WARNING"), Contains(HasSubstr("\"Mine\" is owned by " + stranger_)));
}

TEST_F(Owners, TwoOwnTablesOfOneName) {
  execute(as(loader_, table_sql("\"Mine\"", "id int PRIMARY KEY, v text") + "; " +
                          table_sql("theirs", "id int PRIMARY KEY, v text")));
  const auto ran = run(by_loader());
  EXPECT_EQ(ran.status, 78) << ran.err;
  const auto errors = texts_of(ran.err, "ERROR");
  ASSERT_THAT(errors, SizeIs(1)) << ran.err;
  EXPECT_THAT(errors[0],
              AllOf(HasSubstr("\"mine\""), HasSubstr("\"Mine\""), HasSubstr("differ only in case")));
  EXPECT_THAT(query("SELECT v FROM theirs"), ElementsAre("b"));
  EXPECT_THAT(query("SELECT v FROM mine UNION ALL SELECT v FROM \"Mine\""), IsEmpty());
}

// A transaction is loaded whole or not at all.
TEST_F(Owners, AStrangersTableInATransactionFile) {
  make_theirs();
  bucket_.put("cdc/CDC_TXN-20990101000000000.csv", "I,mine,dbo,2,c\n");
  bucket_.put("cdc/CDC_TXN-20990101000000001.csv", "I,mine,dbo,3,d\nI,theirs,dbo,3,d\n");
  auto settings = by_loader();
  settings["CDC_PATH"] = "cdc";
  bucket_.remove("dbo/theirs/LOAD00000001.csv.gz");
  const auto ran = run(settings);
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(AllOf(HasSubstr("\"theirs\" is owned by " + stranger_),
                                                            HasSubstr("CDC_TXN-20990101000000001.csv"))));
  EXPECT_THAT(query("SELECT v FROM mine ORDER BY id"), ElementsAre("a", "c"));
  EXPECT_THAT(query("SELECT v FROM theirs"), IsEmpty());
}

// The view that the loader locks, made by somebody else before the loader's first start.
TEST_F(Owners, AStrangersLock) {
  execute(as(stranger_, "CREATE VIEW loader_writer AS SELECT 1 AS one"));
  const auto ran = run(by_loader());
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(HasSubstr("loader_writer is owned by " + stranger_)));
}

}  // namespace
}  // namespace peo::test
