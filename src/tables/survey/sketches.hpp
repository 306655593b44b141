// Statistics of a stream of values in bounded memory: the number of distinct values, the most frequent ones
// and their distribution. The same values in the same order give the same statistics.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace peo::survey {

std::uint64_t hash_of(std::string_view text);

// Distinct values: exact up to a limit (by 64-bit hash), beyond it estimated by HyperLogLog (Flajolet et al.
// 2007) with 16,384 registers, whose standard error is 0.8 %.
class DistinctCounter {
 public:
  explicit DistinctCounter(std::size_t exact_limit) : limit_(exact_limit) {}
  // False if the value is known to have occurred before; true also if that can't be told any more.
  bool add(std::uint64_t hash);
  std::uint64_t count() const;
  bool exact() const { return registers_.empty(); }

 private:
  bool insert(std::uint64_t hash);
  void grow();
  void to_registers();
  void count_in_register(std::uint64_t hash);

  std::size_t limit_;
  std::vector<std::uint64_t> slots_;  // open addressing; 0 is free
  std::size_t used_ = 0;
  std::vector<std::uint8_t> registers_;
};

// The most frequent values (Misra and Gries 1982, pruned in batches). A count may be too low by at most
// `error()`, never too high.
class FrequentValues {
 public:
  static constexpr std::size_t capacity = 1024;
  static constexpr std::size_t longest = 200;  // bytes of a value that are kept

  struct Entry {
    std::string value;
    std::uint64_t count = 0;
  };
  void add(std::string_view value);
  std::vector<Entry> top(std::size_t count) const;  // most frequent first; equal counts by value
  std::uint64_t error() const { return error_; }

 private:
  void thin_out();
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_of(text); }
  };
  std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> counts_;
  std::uint64_t error_ = 0;
};

// A uniform sample of all numbers (Vitter's algorithm R), for quantiles and histograms. All numbers, as long
// as they are few.
class NumberSample {
 public:
  static constexpr std::size_t capacity = 4096;
  void add(double value);
  std::uint64_t seen() const { return seen_; }
  bool complete() const { return seen_ <= capacity; }
  std::vector<double> sorted() const;

 private:
  std::vector<double> values_;
  std::uint64_t seen_ = 0;
  std::uint64_t random_ = 0x9e3779b97f4a7c15;
};

// Of sorted values; share 0.5 is the median. 0 if there are none.
double quantile(const std::vector<double>& sorted, double share);

}  // namespace peo::survey
