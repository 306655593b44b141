#include "operate/state.hpp"

#include <fmt/format.h>

#include "operate/format.hpp"
#include "operate/status_collector.hpp"

namespace peo::operate {

StateWord state_of(const ProcessNow& now, const std::string& trouble, const std::string& holder, Time time,
                   std::chrono::seconds behind_after) {
  const auto& seen = now.metrics;
  if (now.stopping) return {"stopping", "A stop was asked for; what is in work is finished first."};
  if (now.idle_seconds > now.patience_seconds)
    return {"stuck", fmt::format("Nothing has moved for {}.", seconds_text(now.idle_seconds))};
  if (!seen.leader && !holder.empty())
    return {"standing by",
            fmt::format("The target is held by {}; this one takes over when it ends.", holder)};
  if (!now.ready && !trouble.empty()) return {"stuck", trouble};
  if (!now.ready && !seen.leader && !seen.last_poll)
    return {"starting", "Waiting for the bucket and the target."};
  if (!seen.held.empty()) {
    const auto& [entity, reason] = *seen.held.begin();
    return {"stuck", fmt::format("Nothing more is loaded into {}: {}.", entity, reason)};
  }
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (const auto& [entity, waiting] : seen.backlog) {
    files += waiting.files;
    bytes += waiting.bytes;
  }
  if (files == 0) return {"caught up", "Every file of the bucket is in."};
  const double age =
      seen.oldest_waiting ? std::chrono::duration<double>(time - *seen.oldest_waiting).count() : 0;
  return {age > std::chrono::duration<double>(behind_after).count() ? "behind" : "caught up",
          fmt::format("{}, {}, the oldest written {} ago.",
                      count_text(files, "file") + (files == 1 ? " waits" : " wait"), bytes_text(bytes),
                      seconds_text(age))};
}

}  // namespace peo::operate
