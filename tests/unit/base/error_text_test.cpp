// What an error tells where anybody may read it: where, and what kind of fault, but nothing of what a row
// holds.
#include <gmock/gmock.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/recent_errors.hpp"

namespace peo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Error refused(const std::string& what, const std::string& sqlstate) {
  return Error::bad_delivery(what, "Correct it.")
      .with_sqlstate(sqlstate)
      .at({.step = Step::Apply, .delivery = 7, .object_key = "dbo/t/x.csv.gz", .line = 3, .column = "n"});
}

TEST(ErrorText, ARefusedRowHasItsPlaceAndWhatTheCodeMeans) {
  const auto text = refused("PostgreSQL refused: Key (a)=(secret) already exists", "23505").text();
  EXPECT_THAT(text.whole, HasSubstr("(a)=(secret)"));
  EXPECT_EQ(
      text.without_values,
      "Delivery 7: apply: dbo/t/x.csv.gz line 3 column n: a unique constraint is violated (SQLSTATE 23505). "
      "Correct it.");
}

// The hint of the error itself is the safer one, so it stays the first.
TEST(ErrorText, AHintThatIsAddedFollowsTheOthers) {
  auto error = Error::bad_file("too wide", "Let the column take it: ALTER TABLE t;");
  error.advise("The file can be left out.");
  EXPECT_EQ(error.hint(), "Let the column take it: ALTER TABLE t; (The file can be left out.)");
  error = Error::bad_file("too wide", "Correct it.");
  error.advise("The file can be left out.");
  EXPECT_EQ(error.hint(), "Correct it. The file can be left out.");
}

TEST(ErrorText, AParquetFileHasRowsInsteadOfLines) {
  const auto error = Error::bad_file("a zero byte")
                         .at({.object_key = "dbo/t/x.parquet", .line = 3, .column = "n", .byte = 40});
  EXPECT_EQ(error.describe(), "dbo/t/x.parquet row 3 column n: a zero byte.");
}

TEST(ErrorText, EveryCodeHasWordsAndNoneQuotesARow) {
  for (const char* code : {"", "22P02", "22P05", "23001", "44000", "54000", "P0001", "38000", "XX000"})
    EXPECT_THAT(refused("secret", code).describe_without_values(), Not(HasSubstr("secret"))) << code;
}

TEST(ErrorText, AFileWithoutItsRowsIsTold) {
  EXPECT_EQ(Error::bad_file("the gzip data is cut").describe_without_values(), "the gzip data is cut.");
  EXPECT_EQ(Error::retry("the server is gone").describe_without_values(), "the server is gone.");
  EXPECT_EQ(Error::bad_delivery("Op is 'secret'").without_values("Op is unknown").describe_without_values(),
            "Op is unknown.");
}

TEST(ErrorText, RecentErrorsHaveBoth) {
  log::warning(refused("secret", "22P02").text().after("Left out: "));
  const auto newest = log::recent_errors().front();
  EXPECT_THAT(newest.text, HasSubstr("secret"));
  EXPECT_THAT(newest.public_text, HasSubstr("Left out: Delivery 7"));
  EXPECT_THAT(newest.public_text, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace peo
