#include "loader/reload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace peo::loader {

void ReloadLoader::load(std::span<const Delivery> files) {
  const auto& first = files.front();
  const auto asked = std::ranges::find_if(
      files, [](const Delivery& file) { return file.request && file.request->verb == Request::Verb::Skip; });
  if (asked != files.end()) return skip(files, *asked);
  // New files don't count: if all others have the same content, a new one is due again as a late segment.
  const auto is_new = [](const Delivery& file) { return file.previous_sha256.empty(); };
  if (std::ranges::all_of(
          files, [&](const Delivery& file) { return is_new(file) || late_files_.same_bytes(file); })) {
    for (const auto& file : files) {
      if (!is_new(file)) late_files_.note_same_bytes(file);
    }
    return;
  }
  log::info("{}: its full load was rewritten ({} {}); rows that the files lack are removed from the table.",
            first.entity, files.size(), files.size() == 1 ? "file" : "files");
  auto queue = batches_.queue(files);
  if (batches_.load(queue, files.size(), target::LoadMethod::Compacted) == 0) return;  // stopped
  log_.policy_applied(
      first, metrics::Policy::Reloaded, 0,
      fmt::format("{} now has generation {} of its full load; later change files are loaded again",
                  first.entity, first.generation));
}

// A request for one of its files applies to all of them. That file is recorded last: until it is in the
// ledger, the request stays open, and a crash in between repeats it.
void ReloadLoader::skip(std::span<const Delivery> files, const Delivery& asked) {
  const auto& reason = asked.request->reason;
  for (const auto& file : files) {
    if (file.object.key != asked.object.key)
      late_files_.skip(file, metrics::Policy::SkippedByOperator, reason);
  }
  late_files_.skip(asked, metrics::Policy::SkippedByOperator, reason);
}

}  // namespace peo::loader
