#include "sample/table_state.hpp"

#include <unordered_map>

namespace peo::sample {
namespace {

constexpr std::uint64_t absent = UINT64_MAX;  // hashes have 60 bits

}  // namespace

void TableState::load(std::uint64_t hash) {
  hashes_.push_back(hash);
  ++rows_;
  checksum_.add(hash);
}

std::uint64_t* TableState::find(std::uint64_t key) {
  if (key < first_key_ || key - first_key_ >= hashes_.size()) return nullptr;
  return &hashes_[key - first_key_];
}

std::uint64_t& TableState::make(std::uint64_t key) {
  if (key - first_key_ >= hashes_.size()) hashes_.resize(key - first_key_ + 1, absent);
  return hashes_[key - first_key_];
}

RowCounts TableState::apply(std::span<const ChangeOf> file) {
  std::unordered_map<std::uint64_t, const ChangeOf*> last;
  for (const ChangeOf& change : file) last[change.key] = &change;
  RowCounts effects;
  for (const auto& [key, change] : last) {
    if (change->operation == 'D') {
      std::uint64_t* hash = find(key);
      if (hash == nullptr || *hash == absent) continue;
      checksum_.subtract(*hash);
      *hash = absent;
      --rows_;
      ++effects.removed;
      continue;
    }
    std::uint64_t& hash = make(key);
    if (hash == change->hash) continue;
    if (hash == absent) {
      ++rows_;
      ++effects.created;
    } else {
      checksum_.subtract(hash);
      ++effects.amended;
    }
    hash = change->hash;
    checksum_.add(hash);
  }
  return effects;
}

}  // namespace peo::sample
