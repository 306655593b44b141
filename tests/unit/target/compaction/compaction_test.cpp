// The compaction against a std::map, for all sizes of memory: from one row a run to no run at all.
#include "target/copy/compaction/compaction.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace peo::target::compaction {
namespace {

struct Kept {
  std::string row;
  std::uint64_t line = 0;
  bool operator==(const Kept&) const = default;
};

std::size_t pick(std::mt19937& random, std::size_t least, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(least, most)(random);
}

std::vector<std::pair<std::string, Kept>> drained(Compaction& compaction) {
  compaction.sort();
  std::vector<std::pair<std::string, Kept>> all;
  while (const auto entry = compaction.next()) {
    all.emplace_back(std::string(entry->key), Kept{std::string(entry->row), entry->line});
  }
  return all;
}

class FoldOfAnySize : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FoldOfAnySize, KeepsTheLastRowOfEachKeyInTheOrderOfTheKeys) {
  std::mt19937 random(GetParam());
  Compaction compaction(GetParam());
  for (int time = 0; time < 3; ++time) {  // used again and again
    std::map<std::string, Kept> expected;
    compaction.clear();
    for (std::uint64_t line = 1; line <= 1000; ++line) {
      std::string key(pick(random, 0, 12), 'k');
      for (auto& byte : key) byte = "\0ab\xFF"[pick(random, 0, 3)];
      const std::string row(pick(random, 0, 200), static_cast<char>('a' + line % 26));
      compaction.add({.key = key, .row = row, .line = line});
      expected[key] = {row, line};
    }
    EXPECT_EQ(compaction.added(), 1000U);
    EXPECT_EQ(drained(compaction),
              (std::vector<std::pair<std::string, Kept>>(expected.begin(), expected.end())));
  }
}

INSTANTIATE_TEST_SUITE_P(Memory, FoldOfAnySize, ::testing::Values(300, 1000, 5000, 40000, 1 << 20));

TEST(Fold, WithoutRowsGivesNothing) {
  Compaction compaction(1000);
  compaction.sort();
  EXPECT_FALSE(compaction.next());
}

TEST(Fold, WhatFitsStaysInMemory) {
  Compaction compaction(std::size_t{1} << 20);
  for (std::uint64_t line = 1; line <= 1000; ++line)
    compaction.add({.key = "k", .row = "a row", .line = line});
  compaction.sort();
  EXPECT_EQ(compaction.runs(), 0U);
  EXPECT_EQ(compaction.next()->line, 1000U);
}

TEST(Fold, MoreRunsThanAreMergedAtOnce) {
  Compaction compaction(200);
  std::map<std::string, Kept> expected;
  for (std::uint64_t line = 1; line <= 4000; ++line) {
    const auto key = std::to_string(line % 977);
    const std::string row(100, 'r');
    compaction.add({.key = key, .row = row, .line = line});
    expected[key] = {row, line};
  }
  EXPECT_LE(compaction.runs(), 256U);
  EXPECT_EQ(drained(compaction),
            (std::vector<std::pair<std::string, Kept>>(expected.begin(), expected.end())));
}

TEST(Fold, ARowLargerThanTheMemory) {
  Compaction compaction(1000);
  const std::string large(100'000, 'x');
  compaction.add({.key = "b", .row = "small", .line = 1});
  compaction.add({.key = "a", .row = large, .line = 2});
  compaction.add({.key = "c", .row = large, .line = 3});
  compaction.add({.key = "b", .row = "newer", .line = 4});
  const auto all = drained(compaction);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].second, (Kept{large, 2}));
  EXPECT_EQ(all[1].second, (Kept{"newer", 4}));
  EXPECT_EQ(all[2].second, (Kept{large, 3}));
}

TEST(Fold, SaysWhenThereIsNoPlaceForItsFile) {
  const char* const before = std::getenv("TMPDIR");
  const std::string directory = before == nullptr ? "" : before;
  ::setenv("TMPDIR", "/proc/no-such-folder", 1);
  Compaction compaction(100);
  const auto fill = [&] {
    for (std::uint64_t line = 1; line <= 10; ++line)
      compaction.add({.key = "k", .row = "a row", .line = line});
  };
  EXPECT_THROW(fill(), SpillFailed);
  if (before == nullptr) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", directory.c_str(), 1);
  }
}

}  // namespace
}  // namespace peo::target::compaction
