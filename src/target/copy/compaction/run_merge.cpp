#include "target/copy/compaction/run_merge.hpp"

#include <algorithm>
#include <cstring>

namespace peo::target::compaction {

RunMerge::RunMerge(const SpillFile& file, const std::vector<Run>& runs, std::size_t bytes) : file_(file) {
  constexpr std::size_t least_share = 4096;
  const auto share = std::max(least_share, bytes / std::max<std::size_t>(1, runs.size()));
  readers_.resize(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    readers_[i].rest = runs[i];
    readers_[i].buffer.resize(std::min<std::uint64_t>(share, runs[i].end - runs[i].begin));
    if (advance(readers_[i])) push(i);
  }
}

// Reads at least `bytes` from `at` on into the buffer, and as many more as fit.
void RunMerge::fill(Reader& reader, std::size_t bytes) {
  const auto kept = reader.filled - reader.at;
  std::memmove(reader.buffer.data(), reader.buffer.data() + reader.at, kept);
  reader.at = 0;
  if (reader.buffer.size() < bytes) reader.buffer.resize(bytes);
  const auto more = std::min<std::uint64_t>(reader.buffer.size() - kept, reader.rest.end - reader.rest.begin);
  file_.read(reader.rest.begin, reader.buffer.data() + kept, more);
  reader.rest.begin += more;
  reader.filled = kept + more;
}

bool RunMerge::advance(Reader& reader) {
  if (reader.filled != 0) reader.at += reader.front.size();
  if (reader.at == reader.filled && reader.rest.begin == reader.rest.end) return false;
  if (reader.filled - reader.at < Entry::head_size) fill(reader, Entry::head_size);
  const auto size = Entry::read(reader.buffer.data() + reader.at).size();
  if (reader.filled - reader.at < size) fill(reader, size);
  reader.front = Entry::read(reader.buffer.data() + reader.at);
  reader.prefix = prefix_of(reader.front.key);
  return true;
}

// For the heap: the smallest key first, and of equal keys the last run, whose row replaces the others.
bool RunMerge::behind(std::size_t a, std::size_t b) const {
  const auto& x = readers_[a];
  const auto& y = readers_[b];
  if (x.prefix != y.prefix) return x.prefix > y.prefix;
  const auto order = x.front.key.compare(y.front.key);
  return order != 0 ? order > 0 : a < b;
}

void RunMerge::push(std::size_t reader) {
  heap_.push_back(reader);
  std::push_heap(heap_.begin(), heap_.end(), [this](auto a, auto b) { return behind(a, b); });
}

std::size_t RunMerge::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), [this](auto a, auto b) { return behind(a, b); });
  const auto reader = heap_.back();
  heap_.pop_back();
  return reader;
}

std::optional<Entry> RunMerge::next() {
  if (given_) {
    // Only now: advancing overwrites the buffer that the entry refers to.
    if (advance(readers_[*given_])) push(*given_);
    given_.reset();
  }
  if (heap_.empty()) return std::nullopt;
  const auto first = pop();
  const auto& entry = readers_[first].front;
  while (!heap_.empty() && readers_[heap_.front()].front.key == entry.key) {
    const auto older = pop();
    if (advance(readers_[older])) push(older);
  }
  given_ = first;
  return entry;
}

}  // namespace peo::target::compaction
