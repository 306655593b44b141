// The parts that a sample is made with: checksums, row text, counting of effects.
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "sample/checksum.hpp"
#include "sample/row_text.hpp"
#include "sample/table_state.hpp"
#include "sample/trading_days.hpp"

namespace peo::sample {
namespace {

using namespace std::chrono_literals;

TEST(Checksum, SumsBeyondSixtyFourBits) {
  Checksum sum;
  EXPECT_EQ(sum.text(), "0");
  constexpr std::uint64_t largest = (std::uint64_t{1} << 60) - 1;  // 1152921504606846975
  for (int i = 0; i < 100; ++i) sum.add(largest);
  EXPECT_EQ(sum.text(), "115292150460684697500");
  for (int i = 0; i < 99; ++i) sum.subtract(largest);
  EXPECT_EQ(sum.text(), "1152921504606846975");
  sum.subtract(largest);
  EXPECT_EQ(sum, Checksum());
}

TEST(Checksum, KeepsZerosInTheMiddle) {
  Checksum sum;
  for (int i = 0; i < 10; ++i) sum.add(100'000'000'000'000'000U);
  sum.add(5);
  EXPECT_EQ(sum.text(), "1000000000000000005");
}

TEST(RowHash, IsTheFirstSixtyBitsOfMd5) {
  RowHash hash;
  EXPECT_EQ(hash(""), 0xd41d8cd98f00b20U);
  EXPECT_EQ(hash("message digest"), 0xf96b697d7cb7938U);  // RFC 1321's test suite
}

TEST(RowText, WritesAsDmsDoes) {
  RowText row;
  row.begin('U');
  row.number(17);
  row.decimal(152'740'001, 4);
  row.decimal(5, 2);
  row.uuid(0x0123456789abcdefU, 0xfedcba9876543210U);
  row.boolean(true);
  row.null();
  row.text("");
  row.text(" plain \\ text ");
  row.text("say \"so\",\r\nplease");
  row.date(trading_day(60));
  row.timestamp(trading_day(60) + 9h + 5min + 7s + 89us);
  row.end();
  EXPECT_EQ(row.csv,
            "U,17,15274.00010000,0.05000000,01234567-89AB-CDEF-FEDC-BA9876543210,1,,, plain \\ text ,"
            "\"say \"\"so\"\",\r\nplease\",2022-09-22,2022-09-22 09:05:07.000089\n");
}

TEST(RowText, NullAndEmptyTextDifferInTheHashOnly) {
  RowText null, empty;
  null.begin();
  null.number(1);
  null.null();
  empty.begin();
  empty.number(1);
  empty.text("");
  EXPECT_NE(null.end(), empty.end());
  EXPECT_EQ(null.csv, "1,\n");
  EXPECT_EQ(empty.csv, null.csv);
}

TEST(RowText, ADeleteByKeyHasAllOtherFieldsEmpty) {
  RowText row;
  row.key_only('D', 42, 4);
  row.repeat();
  EXPECT_EQ(row.csv, "D,42,,,\nD,42,,,\n");
}

TEST(TradingDay, SkipsWeekends) {
  using std::chrono::days;
  const Time thursday = trading_day(60);
  EXPECT_EQ(trading_day(61), thursday + days(1));
  EXPECT_EQ(trading_day(62), thursday + days(4));
  EXPECT_EQ(trading_day(64), thursday + days(6));
  EXPECT_EQ(trading_day(65), thursday + days(7));
}

// The contract's table of changes, line by line: the rows of the full load have keys 1 and 2.
struct Case {
  const char* name;
  std::vector<ChangeOf> file;
  RowCounts effects;
};
class Counting : public ::testing::TestWithParam<Case> {};

TEST_P(Counting, ByTheLastOperationForEachKey) {
  TableState state(1);
  state.load(100);
  state.load(200);
  EXPECT_EQ(state.apply(GetParam().file), GetParam().effects);
  EXPECT_EQ(state.rows(), 2 + GetParam().effects.created - GetParam().effects.removed);
  EXPECT_EQ(state.apply(GetParam().file), RowCounts()) << "a second time";
}

INSTANTIATE_TEST_SUITE_P(
    Contract, Counting,
    ::testing::Values(Case{"insert of an absent key", {{'I', 7, 5}}, {1, 0, 0}},
                      Case{"update of an absent key", {{'U', 7, 5}}, {1, 0, 0}},
                      Case{"insert of a key that is there", {{'I', 1, 5}}, {0, 1, 0}},
                      Case{"update", {{'U', 1, 5}}, {0, 1, 0}},
                      Case{"update that changes nothing", {{'U', 1, 100}}, {0, 0, 0}},
                      Case{"delete", {{'D', 1, 0}}, {0, 0, 1}},
                      Case{"delete of an absent key", {{'D', 7, 0}}, {0, 0, 0}},
                      Case{"delete of a key below all", {{'D', 0, 0}}, {0, 0, 0}},
                      Case{"comes and goes", {{'I', 7, 5}, {'U', 7, 6}, {'D', 7, 0}}, {0, 0, 0}},
                      Case{"goes and comes", {{'D', 1, 0}, {'I', 1, 5}}, {0, 1, 0}},
                      Case{"goes and comes as it was", {{'D', 1, 0}, {'I', 1, 100}}, {0, 0, 0}},
                      Case{"there and back", {{'U', 1, 5}, {'U', 1, 100}}, {0, 0, 0}},
                      Case{"of all", {{'U', 1, 5}, {'D', 2, 0}, {'I', 3, 9}, {'U', 3, 8}}, {1, 1, 1}}),
    [](const auto& given) {
      std::string name = given.param.name;
      for (char& character : name) character = character == ' ' ? '_' : character;
      return name;
    });

TEST(TableState, ChecksumIsThatOfTheRowsThatAreThere) {
  TableState state(1), fresh(1);
  state.load(100);
  state.load(200);
  const std::vector<ChangeOf> file = {{'D', 1, 0}, {'U', 2, 250}, {'I', 9, 300}};
  state.apply(file);
  fresh.load(250);
  fresh.load(300);
  EXPECT_EQ(state.checksum(), fresh.checksum());
}

}  // namespace
}  // namespace peo::sample
