// The bounded statistics of a column are exact while small and close to the truth beyond.
#include "tables/survey/sketches.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <string>

#include "tables/survey/column_stats.hpp"

namespace peo::survey {
namespace {

TEST(DistinctCounter, IsExactUnderItsLimitAndNearBeyondIt) {
  DistinctCounter exact(1000);
  for (int i = 0; i < 5000; ++i) exact.add(hash_of(std::to_string(i % 1000)));
  EXPECT_TRUE(exact.exact());
  EXPECT_EQ(exact.count(), 1000U);
  EXPECT_FALSE(exact.add(hash_of("7")));

  DistinctCounter estimate(1000);
  constexpr int many = 300'000;
  for (int i = 0; i < 2 * many; ++i) estimate.add(hash_of(std::to_string(i % many)));
  EXPECT_FALSE(estimate.exact());
  EXPECT_NEAR(static_cast<double>(estimate.count()), many, 0.03 * many);  // some standard errors
}

TEST(FrequentValues, FindsWhatIsFrequentAmongManyThatAreNot) {
  FrequentValues values;
  for (int i = 0; i < 200'000; ++i) {
    values.add("rare " + std::to_string(i));
    if (i % 10 == 0) values.add("often");
    if (i % 20 == 0) values.add("now and then");
  }
  const auto top = values.top(2);
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].value, "often");
  EXPECT_EQ(top[1].value, "now and then");
  EXPECT_LE(top[0].count, 20'000U);
  EXPECT_GE(top[0].count + values.error(), 20'000U);
}

TEST(NumberSample, KnowsQuantilesOfMoreThanItKeeps) {
  NumberSample sample;
  std::mt19937 random(7);
  std::uniform_real_distribution<double> even(0, 1000);
  for (int i = 0; i < 100'000; ++i) sample.add(even(random));
  EXPECT_FALSE(sample.complete());
  const auto sorted = sample.sorted();
  EXPECT_EQ(sorted.size(), NumberSample::capacity);
  for (const double share : {0.05, 0.25, 0.5, 0.75, 0.95})
    EXPECT_NEAR(quantile(sorted, share), 1000 * share, 40);
}

ColumnStats facts_of(const std::vector<std::string>& values) {
  ColumnStats facts;
  for (const auto& value : values) facts.add({value, value.empty() || value == "NULL"});
  return facts;
}

TEST(ColumnStats, OrdersNumbersByValueAndTextsByBytes) {
  const auto numbers = facts_of({"9", "10", "-2", "NULL", ""});
  EXPECT_EQ(numbers.least(), "-2");
  EXPECT_EQ(numbers.most(), "10");
  EXPECT_EQ(numbers.nulls, 2U);
  EXPECT_EQ(numbers.null_words, 1U);
  EXPECT_EQ(numbers.negative, 1U);
  const auto mixed = facts_of({"9", "10", "x"});
  EXPECT_EQ(mixed.least(), "10");
  EXPECT_EQ(mixed.most(), "x");
}

TEST(ColumnStats, CountsCharactersNotBytes) {
  const auto facts = facts_of({"Carine ", "日本", "ä"});
  EXPECT_EQ(facts.shortest, 1U);
  EXPECT_EQ(facts.longest, 7U);
  EXPECT_EQ(facts.longest_bytes, 7U);
  EXPECT_EQ(facts.odd[static_cast<std::size_t>(Oddity::OuterSpaces)].example, "Carine ");
}

TEST(ColumnStats, SeesOddValues) {
  const auto facts =
      facts_of({"N/A", "a\x01z", "\xC3\x28", "M\xC3\x83\xC2\xBCller", "fine", "tab\tand\nline"});
  const auto count = [&](Oddity oddity) { return facts.odd[static_cast<std::size_t>(oddity)].count; };
  EXPECT_EQ(count(Oddity::NullWord), 1U);
  EXPECT_EQ(count(Oddity::ControlCharacter), 1U);
  EXPECT_EQ(count(Oddity::InvalidUtf8), 1U);
  EXPECT_EQ(count(Oddity::Mojibake), 1U);
  EXPECT_EQ(facts_of({"9999-12-31", "2020-01-01"}).odd[static_cast<std::size_t>(Oddity::FarDate)].count, 1U);
}

}  // namespace
}  // namespace peo::survey
