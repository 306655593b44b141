// The fold against a std::map, for all sizes of memory: from one row a run to no run at all.
#include "target/fold/fold.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace peo::target::fold {
namespace {

struct Kept {
  std::string row;
  std::uint64_t line = 0;
  bool operator==(const Kept&) const = default;
};

std::size_t pick(std::mt19937& random, std::size_t least, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(least, most)(random);
}

std::vector<std::pair<std::string, Kept>> drained(Fold& fold) {
  fold.sort();
  std::vector<std::pair<std::string, Kept>> all;
  while (const auto entry = fold.next()) {
    all.emplace_back(std::string(entry->key), Kept{std::string(entry->row), entry->line});
  }
  return all;
}

class FoldOfAnySize : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FoldOfAnySize, KeepsTheLastRowOfEachKeyInTheOrderOfTheKeys) {
  std::mt19937 random(GetParam());
  Fold fold(GetParam());
  for (int time = 0; time < 3; ++time) {  // used again and again
    std::map<std::string, Kept> expected;
    fold.clear();
    for (std::uint64_t line = 1; line <= 1000; ++line) {
      std::string key(pick(random, 0, 12), 'k');
      for (auto& byte : key) byte = "\0ab\xFF"[pick(random, 0, 3)];
      const std::string row(pick(random, 0, 200), static_cast<char>('a' + line % 26));
      fold.add({.key = key, .row = row, .line = line});
      expected[key] = {row, line};
    }
    EXPECT_EQ(fold.added(), 1000U);
    EXPECT_EQ(drained(fold), (std::vector<std::pair<std::string, Kept>>(expected.begin(), expected.end())));
  }
}

INSTANTIATE_TEST_SUITE_P(Memory, FoldOfAnySize, ::testing::Values(300, 1000, 5000, 40000, 1 << 20));

TEST(Fold, WithoutRowsGivesNothing) {
  Fold fold(1000);
  fold.sort();
  EXPECT_FALSE(fold.next());
}

TEST(Fold, WhatFitsStaysInMemory) {
  Fold fold(std::size_t{1} << 20);
  for (std::uint64_t line = 1; line <= 1000; ++line) fold.add({.key = "k", .row = "a row", .line = line});
  fold.sort();
  EXPECT_EQ(fold.runs(), 0U);
  EXPECT_EQ(fold.next()->line, 1000U);
}

TEST(Fold, MoreRunsThanAreMergedAtOnce) {
  Fold fold(200);
  std::map<std::string, Kept> expected;
  for (std::uint64_t line = 1; line <= 4000; ++line) {
    const auto key = std::to_string(line % 977);
    const std::string row(100, 'r');
    fold.add({.key = key, .row = row, .line = line});
    expected[key] = {row, line};
  }
  EXPECT_LE(fold.runs(), 256U);
  EXPECT_EQ(drained(fold), (std::vector<std::pair<std::string, Kept>>(expected.begin(), expected.end())));
}

TEST(Fold, ARowLargerThanTheMemory) {
  Fold fold(1000);
  const std::string large(100'000, 'x');
  fold.add({.key = "b", .row = "small", .line = 1});
  fold.add({.key = "a", .row = large, .line = 2});
  fold.add({.key = "c", .row = large, .line = 3});
  fold.add({.key = "b", .row = "newer", .line = 4});
  const auto all = drained(fold);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].second, (Kept{large, 2}));
  EXPECT_EQ(all[1].second, (Kept{"newer", 4}));
  EXPECT_EQ(all[2].second, (Kept{large, 3}));
}

TEST(Fold, SaysWhenThereIsNoPlaceForItsFile) {
  const char* const before = std::getenv("TMPDIR");
  const std::string folder = before == nullptr ? "" : before;
  ::setenv("TMPDIR", "/proc/no-such-folder", 1);
  Fold fold(100);
  const auto fill = [&] {
    for (std::uint64_t line = 1; line <= 10; ++line) fold.add({.key = "k", .row = "a row", .line = line});
  };
  EXPECT_THROW(fill(), SpillFailed);
  if (before == nullptr) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", folder.c_str(), 1);
  }
}

}  // namespace
}  // namespace peo::target::fold
