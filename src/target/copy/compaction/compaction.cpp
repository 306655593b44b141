#include "target/copy/compaction/compaction.hpp"

#include <algorithm>

namespace peo::target::compaction {
namespace {

// At most so many runs are merged at once; beyond that, all are first merged into one.
constexpr std::size_t most_runs = 256;
constexpr std::size_t write_bytes = std::size_t{256} * 1024;

// Appends entries to a file, in large writes.
class Writer {
 public:
  explicit Writer(SpillFile& file) : file_(file) { buffer_.reserve(write_bytes); }
  void add(const Entry& entry) {
    if (buffer_.size() + entry.size() > write_bytes) flush();
    const auto at = buffer_.size();
    buffer_.resize(at + entry.size());
    entry.write(buffer_.data() + at);
  }
  void flush() {
    file_.append({buffer_.data(), buffer_.size()});
    buffer_.clear();
  }

 private:
  SpillFile& file_;
  std::vector<char> buffer_;
};

}  // namespace

Compaction::Compaction(std::size_t memory) : memory_(memory) {}

void Compaction::add(const Entry& entry) {
  const auto size = entry.size();
  if (!rows_.empty() && taken() + size + sizeof(Row) > memory_) spill();
  if (capacity_ < size || !arena_) {
    capacity_ = std::max(memory_, size);
    arena_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  entry.write(arena_.get() + used_);
  rows_.push_back({prefix_of(entry.key), used_});
  used_ += size;
  ++added_;
}

void Compaction::sort_rows() {
  const auto before = [this](const Row& a, const Row& b) {
    // Prefixes first: comparing keys touches the rows, which are far apart in memory.
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const auto order = at(a).key.compare(at(b).key);
    return order != 0 ? order < 0 : a.offset < b.offset;
  };
  // Rows may come in the order of the key already, as in a full load; checking costs one pass.
  if (!std::is_sorted(rows_.begin(), rows_.end(), before)) std::sort(rows_.begin(), rows_.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const bool superseded = i + 1 < rows_.size() && rows_[i].prefix == rows_[i + 1].prefix &&
                            at(rows_[i]).key == at(rows_[i + 1]).key;
    if (!superseded) rows_[kept++] = rows_[i];
  }
  rows_.resize(kept);
}

void Compaction::spill() {
  sort_rows();
  if (!file_) file_.emplace();
  if (runs_.size() == most_runs) merge_all();
  const auto begin = file_->size();
  Writer writer(*file_);
  for (const auto& row : rows_) writer.add(at(row));
  writer.flush();
  runs_.push_back({begin, file_->size()});
  rows_.clear();
  used_ = 0;
}

// With a quarter of the memory, because the rows in memory stay where they are meanwhile.
void Compaction::merge_all() {
  SpillFile merged;
  Writer writer(merged);
  RunMerge merge(*file_, runs_, memory_ / 4);
  while (const auto entry = merge.next()) writer.add(*entry);
  writer.flush();
  *file_ = std::move(merged);
  runs_.assign(1, Run{0, file_->size()});
}

void Compaction::sort() {
  next_ = 0;
  if (runs_.empty()) {
    sort_rows();
    return;
  }
  if (!rows_.empty()) spill();
  arena_.reset();  // the merge takes its place
  capacity_ = 0;
  merge_.emplace(*file_, runs_, memory_);
}

std::optional<Entry> Compaction::next() {
  if (merge_) return merge_->next();
  if (next_ == rows_.size()) return std::nullopt;
  return at(rows_[next_++]);
}

void Compaction::clear() {
  merge_.reset();
  file_.reset();
  runs_.clear();
  rows_.clear();
  used_ = 0;
  added_ = 0;
  next_ = 0;
}

}  // namespace peo::target::compaction
