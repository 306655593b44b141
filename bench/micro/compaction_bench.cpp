// The fold of a file's changes to the last one for each key: add, sort and read in order, for as many changes
// as a bench file of that size has, half of them on the newest 5 % of 1.5 million keys; with the memory of
// the default, where sorted runs of the biggest go to a file, and with room for all of that.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "target/copy/compaction/compaction.hpp"
#include "target/copy/encode/bytes.hpp"

namespace peo::target::compaction {
namespace {

constexpr std::uint64_t key_count = 1'500'000;
constexpr std::size_t row_bytes = 180;  // of an encoded execution
constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

std::vector<std::string> keys_of(std::size_t changes) {
  std::mt19937_64 random(1);
  std::vector<std::string> made;
  for (std::size_t i = 0; i < changes; ++i) {
    const auto newest = key_count - key_count / 20;
    const auto key = random() % 2 == 0 ? newest + random() % (key_count / 20) : random() % key_count;
    std::string bytes(sizeof key, '\0');
    encode::store_big(bytes.data(), key);
    made.push_back(std::move(bytes));
  }
  return made;
}

void fold(benchmark::State& state) {
  const auto changes = static_cast<std::size_t>(state.range(0));
  const auto made = keys_of(changes);
  const std::string row(row_bytes, 'x');
  Compaction fold(static_cast<std::size_t>(state.range(1)) * mebibyte);
  std::size_t left = 0;
  while (state.KeepRunning()) {
    fold.clear();
    for (std::size_t i = 0; i < changes; ++i) fold.add({.key = made[i], .row = row, .line = i + 1});
    fold.sort();
    left = 0;
    while (const auto entry = fold.next()) left += entry->row.size() == row_bytes ? 1U : 0U;
  }
  const auto values = static_cast<std::size_t>(state.iterations()) * changes;
  state.counters["per_value"] = benchmark::Counter(static_cast<double>(values),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["left"] = static_cast<double>(left);
}
BENCHMARK(fold)
    ->Name("compaction")
    ->ArgNames({"changes", "memory_MiB"})
    ->Args({1'000, 24})
    ->Args({10'000, 24})
    ->Args({100'000, 24})
    ->Args({1'000'000, 512})
    ->Args({1'000'000, 24})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace peo::target::compaction
