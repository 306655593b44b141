#include "config/environment_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/render.hpp"
#include "support/temp_dir.hpp"

namespace peo::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

class EnvironmentFile : public ::testing::Test {
 protected:
  Environment read(const std::string& text) {
    test::write_file(path_, text);
    return read_environment_file(path_);
  }
  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
      EXPECT_THAT(error.describe(), HasSubstr(path_.string()));
      return error.describe();
    }
    ADD_FAILURE() << "no error for " << text;
    return {};
  }

  const test::TempDir directory_;
  const std::filesystem::path path_ = directory_ / "loader.env";
};

TEST_F(EnvironmentFile, OneVariableALine) {
  EXPECT_THAT(read("# a comment\n\n; another\nSOURCE=/bucket\n TARGET = host=db user=u \r\nNATS=\n"),
              ElementsAre(Pair("NATS", ""), Pair("SOURCE", "/bucket"), Pair("TARGET", "host=db user=u")));
}

TEST_F(EnvironmentFile, WithoutALineBreakAtTheEndAndWithoutAnything) {
  EXPECT_THAT(read("A=1"), ElementsAre(Pair("A", "1")));
  EXPECT_TRUE(read("").empty());
}

TEST_F(EnvironmentFile, QuotesAroundAValueAreTakenAway) {
  EXPECT_THAT(
      read("A=\"x y\"\nB='x'\nC=\"\nD='x\"\nE=a\"b\"\n"),
      ElementsAre(Pair("A", "x y"), Pair("B", "x"), Pair("C", "\""), Pair("D", "'x\""), Pair("E", "a\"b\"")));
}

TEST_F(EnvironmentFile, TheLastOfTwoCounts) { EXPECT_THAT(read("A=1\nA=2\n"), ElementsAre(Pair("A", "2"))); }

TEST_F(EnvironmentFile, TheSampleIsReadAsItIs) { EXPECT_GT(read(config_sample()).size(), 5U); }

TEST_F(EnvironmentFile, WhatIsNoVariableIsRefusedWithoutItsValue) {
  EXPECT_THAT(refusal("A=1\nhunter2\n"), AllOf(HasSubstr("line 2"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(refusal("export A=hunter2\n"), AllOf(HasSubstr("line 1"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(refusal("A=hunter2\\\n"), AllOf(HasSubstr("line 1"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(refusal(std::string("A=1\n\0", 5)), HasSubstr("NUL byte"));
  EXPECT_THAT(refusal(std::string(1024 * 1024 + 1, '#')), HasSubstr("1 MiB"));
}

TEST_F(EnvironmentFile, AFileThatIsNotThere) {
  EXPECT_THROW(read_environment_file(directory_ / "none.env"), Error);
  EXPECT_THROW(read_environment_file(directory_.path()), Error);
}

}  // namespace
}  // namespace peo::config
