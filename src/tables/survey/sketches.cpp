#include "tables/survey/sketches.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace peo::survey {
namespace {

constexpr unsigned register_bits = 14;
constexpr std::size_t register_count = std::size_t{1} << register_bits;

}  // namespace

std::uint64_t hash_of(std::string_view text) {
  // libstdc++'s is MurmurHash; one more mixing spreads it over all bits.
  std::uint64_t h = std::hash<std::string_view>{}(text);
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  return h == 0 ? 1 : h;
}

bool DistinctCounter::add(std::uint64_t hash) {
  if (registers_.empty()) {
    const bool fresh = insert(hash);
    if (used_ > limit_) to_registers();
    return fresh;
  }
  count_in_register(hash);
  return true;
}

bool DistinctCounter::insert(std::uint64_t hash) {
  if (2 * (used_ + 1) > slots_.size()) grow();
  const auto mask = slots_.size() - 1;
  for (auto at = hash & mask;; at = (at + 1) & mask) {
    if (slots_[at] == hash) return false;
    if (slots_[at] != 0) continue;
    slots_[at] = hash;
    ++used_;
    return true;
  }
}

void DistinctCounter::grow() {
  std::vector<std::uint64_t> old(std::max<std::size_t>(16, slots_.size() * 2));
  old.swap(slots_);
  used_ = 0;
  for (const auto hash : old) {
    if (hash != 0) insert(hash);
  }
}

void DistinctCounter::to_registers() {
  registers_.assign(register_count, 0);
  for (const auto hash : slots_) {
    if (hash != 0) count_in_register(hash);
  }
  std::vector<std::uint64_t>().swap(slots_);
}

void DistinctCounter::count_in_register(std::uint64_t hash) {
  auto& place = registers_[hash >> (64 - register_bits)];
  const auto rest = hash << register_bits;
  const auto rank = rest == 0 ? 64 - register_bits + 1 : static_cast<unsigned>(std::countl_zero(rest)) + 1;
  place = std::max(place, static_cast<std::uint8_t>(rank));
}

std::uint64_t DistinctCounter::count() const {
  if (registers_.empty()) return used_;
  double sum = 0;
  for (const auto rank : registers_) sum += std::ldexp(1.0, -rank);
  constexpr auto m = static_cast<double>(register_count);
  const double alpha = 0.7213 / (1 + 1.079 / m);
  return static_cast<std::uint64_t>(std::llround(alpha * m * m / sum));
}

void FrequentValues::add(std::string_view value) {
  if (value.size() > longest) value = value.substr(0, longest);
  const auto found = counts_.find(value);
  if (found != counts_.end()) {
    ++found->second;
    return;
  }
  if (counts_.size() == capacity) thin_out();
  counts_.emplace(value, 1);
}

// Subtracts the median count from every entry, which removes half of them, so this is rare.
void FrequentValues::thin_out() {
  std::vector<std::uint64_t> sizes;
  sizes.reserve(counts_.size());
  for (const auto& [value, count] : counts_) sizes.push_back(count);
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  const auto median = *middle;
  error_ += median;
  std::erase_if(counts_, [median](const auto& entry) { return entry.second <= median; });
  for (auto& [value, count] : counts_) count -= median;
}

std::vector<FrequentValues::Entry> FrequentValues::top(std::size_t count) const {
  std::vector<Entry> entries;
  entries.reserve(counts_.size());
  for (const auto& [value, times] : counts_) entries.push_back({value, times});
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.count != b.count ? a.count > b.count : a.value < b.value;
  });
  if (entries.size() > count) entries.resize(count);
  return entries;
}

void NumberSample::add(double value) {
  ++seen_;
  if (values_.size() < capacity) {
    values_.push_back(value);
    return;
  }
  random_ ^= random_ << 13;  // xorshift64
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto place = random_ % seen_;
  if (place < capacity) values_[place] = value;
}

std::vector<double> NumberSample::sorted() const {
  auto values = values_;
  std::sort(values.begin(), values.end());
  return values;
}

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto place = share * static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::llround(place))];
}

}  // namespace peo::survey
